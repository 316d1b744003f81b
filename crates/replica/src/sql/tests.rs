//! What may be asked, and what may not.

use inthreat_stix::split;
use inthreat_store::{Batch, Sink};

use super::*;
use crate::Options;

const TOOL: &str =
    r#"{"type":"x-tool","id":"x-tool--00000000-0000-4000-8000-000000000001","name":"a"}"#;
const MALWARE: &str = r#"{"type":"malware","id":"malware--00000000-0000-4000-8000-000000000002"}"#;

fn ask(replica: &Replica, statement: &str) -> Result<Vec<Vec<SqlValue>>> {
    let mut rows = Vec::new();
    replica.sql(statement, |columns, row| {
        assert_eq!(columns.len(), row.len());
        rows.push(row.to_vec());
        true
    })?;
    Ok(rows)
}

async fn filled(folder: &std::path::Path) -> Replica {
    let replica = Replica::create_or_open(folder, Options::default()).unwrap();
    let mut batch = Batch::default();
    batch.extend(split::ndjson(format!("{TOOL}\n{MALWARE}")).objects);
    replica.write(batch).await.unwrap();
    replica
}

// Catches a function that opens another body, and a row that is not handed over as it is.
#[tokio::test]
async fn bodies_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let replica = filled(folder.path()).await;
    let text = |text: &str| SqlValue::Text(text.to_owned());
    let rows = ask(
        &replica,
        "SELECT sequence, object_text(sequence), object_id(key), word(type), name, x'0a', 0.5 FROM objects ORDER BY 1",
    );
    let expected = |n, body, id, kind, name| {
        let rest = [SqlValue::Blob(vec![10]), SqlValue::Real(0.5)];
        [SqlValue::Integer(n), text(body), text(id), text(kind), name].into_iter().chain(rest)
    };
    let tool = "x-tool--00000000-0000-4000-8000-000000000001";
    let malware = "malware--00000000-0000-4000-8000-000000000002";
    assert_eq!(
        rows.unwrap(),
        [
            expected(1, TOOL, tool, "x-tool", text("a")).collect::<Vec<_>>(),
            expected(2, MALWARE, malware, "malware", SqlValue::Null).collect(),
        ]
    );
    let mut count = 0;
    let columns = replica.sql("SELECT sequence AS s FROM objects", |_, _| {
        count += 1;
        false
    });
    assert_eq!((columns.unwrap(), count), (vec!["s".to_owned()], 1));
    assert!(ask(&replica, "SELECT object_text(3)").is_err());
    assert_eq!(ask(&replica, "SELECT object_text(NULL)").unwrap(), [[SqlValue::Null]]);
}

// Catches a statement that changes the replica, or reaches beyond it.
#[tokio::test]
async fn nothing_but_reading_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let replica = filled(folder.path()).await;
    let beside = folder.path().join("beside.db");
    let beside = beside.display();
    for statement in [
        "DELETE FROM objects".to_owned(),
        "UPDATE meta SET value = 0".to_owned(),
        "CREATE TABLE t (a)".to_owned(),
        "CREATE TEMP TABLE t (a)".to_owned(),
        format!("ATTACH '{beside}' AS beside"),
        format!("VACUUM INTO '{beside}'"),
        "PRAGMA query_only = 0".to_owned(),
        "PRAGMA journal_mode = DELETE".to_owned(),
        "SELECT load_extension('x')".to_owned(),
        "BEGIN IMMEDIATE".to_owned(),
        "SELECT nothing FROM objects".to_owned(),
        "no SQL".to_owned(),
    ] {
        let error = ask(&replica, &statement).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Incompatible, "{statement}: {error}");
    }
    assert!(!folder.path().join("beside.db").exists());
    assert!(replica.verify().unwrap().is_sound());
}
