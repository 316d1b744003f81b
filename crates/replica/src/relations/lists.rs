//! Lists of relationships, and what indicators indicate (CONTRACT 2.4, 2.5).

use std::collections::BTreeSet;

use async_trait::async_trait;
use inthreat_api::{Error, ObjectList, Relationships, Result, TypedRequest};
use inthreat_stix::{Bundle, Id, Kind};
use inthreat_store::index::IndexRows;

use crate::{
    bitmaps::Dimension,
    context::bundle_id,
    fault::Fault,
    key::Key,
    listing::{Among, Conditions, Marked, Window, go_on},
    reader::Reader,
    replica::Replica,
    words,
};

/// How many indicators are asked at once.
const INDICATORS_MAX: usize = 200;
/// How many relationships a bundle has at most.
const INDICATES_MAX: usize = 1000;

#[async_trait]
impl Relationships for Replica {
    /// Relationships, in the order of their arrival, revoked ones too.
    async fn list_relationships(&self, request: TypedRequest) -> Result<ObjectList> {
        let answer = move |reader: &mut Reader| {
            let window = Window::new(request.limit, request.offset)?;
            let types = [Kind::Relationship.as_str().to_owned()];
            let marked = Marked::all(&reader.connection)?
                .with(&reader.connection, Dimension::Type, &types)?
                .with(&reader.connection, Dimension::RelationshipType, &request.types)?;
            let among = Among::All { is_backward: false };
            let part = reader.list(among, &marked, &Conditions::default(), window)?;
            reader.objects_of(&part)
        };
        self.answer("list the relationships of", answer).await
    }

    /// The `indicates` relationships that these indicators are the source of, at most 1,000 and none that is revoked, and then their targets.
    /// At most 200 indicators; an unknown one indicates nothing. The identifier of the bundle is made of its members.
    async fn indicates_relationships(&self, indicators: Vec<Id>) -> Result<Bundle> {
        if !(1..=INDICATORS_MAX).contains(&indicators.len()) {
            let reason = format!("expected 1 to {INDICATORS_MAX} identifiers");
            return Err(Error::invalid("ids", reason));
        }
        let answer = move |reader: &mut Reader| reader.indicates(&indicators);
        self.answer("read relationships from", answer).await
    }
}

impl Reader {
    fn indicates(&mut self, indicators: &[Id]) -> Result<Bundle, Fault> {
        let indicates = words::find(&self.connection, "indicates")?;
        let mut found = BTreeSet::new();
        for indicator in indicators {
            self.edges(&Key::of(indicator), false, |edge| {
                if Some(edge.relationship_type) == indicates {
                    found.insert((edge.sequence, edge.other_sequence));
                }
                go_on(found.len() < INDICATES_MAX)
            })?;
        }
        let mut members = Vec::with_capacity(found.len());
        let mut targets = BTreeSet::new();
        for (sequence, target) in found {
            let relationship = self.object(sequence)?;
            // The other end may indicate the indicator.
            let ends = IndexRows::of(&relationship).ends;
            if ends.is_some_and(|ends| indicators.contains(&ends.source)) {
                members.push(relationship);
                targets.extend(target);
            }
        }
        for target in targets {
            members.push(self.object(target)?);
        }
        Ok(Bundle::new(bundle_id(&members), members))
    }
}
