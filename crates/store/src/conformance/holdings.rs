//! What a sink promises that tells what it holds.
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use inthreat_stix::Id;

use super::sinks::batch;
use crate::{Held, Holdings, Sink};

/// All promises of [`Holdings`].
pub async fn holdings(sink: &dyn Sink, holdings: &dyn Holdings) {
    held_objects_are_told_in_order(sink, holdings).await;
}

/// Each id is answered in its place with the newest version, unknown and doubled ones too.
pub async fn held_objects_are_told_in_order(sink: &dyn Sink, holdings: &dyn Holdings) {
    let id = |n: u32| Id::lenient(&format!("tool--00000000-0000-4000-8000-{n:012}")).unwrap();
    let object = |n: u32, modified: &str, rest: &str| {
        format!(r#"{{"type":"tool","id":"{}","modified":"{modified}"{rest}}}"#, id(n))
    };
    let (old, new) = ("2020-01-01T00:00:00.123456Z", "2021-01-01T00:00:00.123456789Z");
    let texts = [
        object(70_001, old, ""),
        object(70_002, old, r#","revoked":true"#),
        object(70_001, new, ""),
        r#"{"type":"x-a","id":"x-a--held"}"#.to_owned(),
    ];
    sink.write(batch(&texts.each_ref().map(|text| &**text))).await.unwrap();
    let asked = vec![
        id(70_002),
        id(70_003),
        id(70_001),
        Id::lenient("x-a--held").unwrap(),
        Id::lenient("x-a--not-held").unwrap(),
        id(70_002),
    ];
    let revoked = Some(Held::new(Some(old.parse().unwrap()), true));
    let newest = Some(Held::new(Some(new.parse().unwrap()), false));
    let undated = Some(Held::new(None, false));
    let expected = [revoked, None, newest, undated, None, revoked];
    assert_eq!(holdings.holdings(asked).await.unwrap(), expected);
    assert_eq!(holdings.holdings(Vec::new()).await.unwrap(), []);
}
