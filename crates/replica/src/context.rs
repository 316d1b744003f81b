//! The bundle around an object (CONTRACT 8).

use std::{collections::HashSet, ops::ControlFlow};

use inthreat_stix::{Bundle, Id, Kind, RawObject};
use inthreat_store::index::References;
use uuid::Uuid;

use crate::{block, fault::Fault, key::Key, reader::Reader, words};

/// How many related objects a bundle has at most (CONTRACT 8), and how many courses of action.
const RELATED_MAX: usize = 100;
/// How many relationships a bundle has at most, those whose other end is unknown included.
const RELATIONSHIPS_MAX: usize = 1000;
/// The namespace of the bundles' identifiers, which are made of what the bundles hold.
pub(crate) const NAMESPACE: Uuid = Uuid::from_u128(0x7d1b_5c1e_0a53_4f0c_9c5e_3e0b_6f7a_2d41);

/// A bundle in the making. Members are told apart by their sequence.
#[derive(Default)]
struct Gathering {
    seen: HashSet<i64>,
    members: Vec<RawObject>,
}

impl Gathering {
    /// Adds the newest version of an object, unless it is there.
    fn add(&mut self, reader: &mut Reader, sequence: i64) -> Result<(), Fault> {
        if self.seen.insert(sequence) {
            self.members.push(reader.object(sequence)?);
        }
        Ok(())
    }

    fn add_all(&mut self, reader: &mut Reader, sequences: &[i64]) -> Result<(), Fault> {
        sequences.iter().try_for_each(|sequence| self.add(reader, *sequence))
    }

    /// Adds what these identifiers name, as far as it is known.
    fn add_named(&mut self, reader: &mut Reader, ids: &[Id]) -> Result<(), Fault> {
        for id in ids {
            if let Some(sequence) = reader.resolve(&Key::of(id))? {
                self.add(reader, sequence)?;
            }
        }
        Ok(())
    }
}

/// Some relationships of an object, and their other ends.
#[derive(Default)]
struct Neighbourhood {
    related: Vec<i64>,
    relationships: Vec<i64>,
    /// The keys of the attack patterns among the related.
    attack_patterns: Vec<Key>,
}

impl Reader {
    /// The bundle around an object. In this order, none twice:
    ///
    /// 1. the object;
    /// 2. the other ends of its relationships, oldest `modified` of the relationship first, at most 100;
    /// 3. these relationships, and those whose other end is not in the replica; none that is revoked;
    /// 4. courses of action that mitigate a related attack pattern, at most 100, and the relationships that say so;
    /// 5. the identities that all these name as their source or creator;
    /// 6. the markings that all these, identities included, carry.
    pub(crate) fn context(&mut self, id: &Id) -> Result<Bundle, Fault> {
        let sequence = self.known(id)?;
        self.context_of(&Key::of(id), sequence)
    }

    /// The bundle around the object whose newest version has this sequence.
    pub(crate) fn context_at(&mut self, sequence: i64) -> Result<Bundle, Fault> {
        self.allowance.take_row()?;
        let key: Key = self
            .connection
            .prepare_cached("SELECT key FROM objects WHERE sequence = ?1")?
            .query_row([sequence], |row| row.get(0))?;
        self.context_of(&key, sequence)
    }

    fn context_of(&mut self, key: &Key, sequence: i64) -> Result<Bundle, Fault> {
        let mut bundle = Gathering::default();
        bundle.add(self, sequence)?;
        let near = self.neighbourhood(key)?;
        bundle.add_all(self, &near.related)?;
        bundle.add_all(self, &near.relationships)?;
        let beyond = self.mitigations(&near.attack_patterns)?;
        bundle.add_all(self, &beyond.related)?;
        bundle.add_all(self, &beyond.relationships)?;
        let mut markings = Vec::new();
        let mut identities = Vec::new();
        for object in &bundle.members {
            let named = References::of(object);
            markings.extend(named.markings);
            identities.extend(named.sources);
            identities.extend(named.created_by);
        }
        let before = bundle.members.len();
        bundle.add_named(self, &identities)?;
        for identity in bundle.members.iter().skip(before) {
            markings.extend(References::of(identity).markings);
        }
        bundle.add_named(self, &markings)?;
        Ok(Bundle::new(bundle_id(&bundle.members), bundle.members))
    }

    fn neighbourhood(&self, key: &Key) -> Result<Neighbourhood, Fault> {
        let mut near = Neighbourhood::default();
        let mut others = HashSet::new();
        self.edges(key, false, |edge| {
            if let Some(sequence) = edge.other_sequence
                && !others.contains(&edge.other)
            {
                if others.len() == RELATED_MAX {
                    return ControlFlow::Continue(());
                }
                others.insert(edge.other.clone());
                near.related.push(sequence);
                if edge.other_kind == Kind::AttackPattern {
                    near.attack_patterns.push(edge.other);
                }
            }
            near.relationships.push(edge.sequence);
            if near.relationships.len() >= RELATIONSHIPS_MAX {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        Ok(near)
    }

    fn mitigations(&self, attack_patterns: &[Key]) -> Result<Neighbourhood, Fault> {
        let mitigates = words::find(&self.connection, "mitigates")?;
        let mut found = Neighbourhood::default();
        let mut others = HashSet::new();
        for attack_pattern in attack_patterns {
            self.edges(attack_pattern, false, |edge| {
                let (Some(sequence), true) = (
                    edge.other_sequence,
                    Some(edge.relationship_type) == mitigates
                        && edge.other_kind == Kind::CourseOfAction,
                ) else {
                    return ControlFlow::Continue(());
                };
                if !others.contains(&edge.other) {
                    if others.len() == RELATED_MAX {
                        return ControlFlow::Continue(());
                    }
                    others.insert(edge.other);
                    found.related.push(sequence);
                }
                found.relationships.push(edge.sequence);
                if found.relationships.len() >= RELATIONSHIPS_MAX {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            })?;
        }
        Ok(found)
    }
}

/// The same members give the same identifier, and other members another.
pub(crate) fn bundle_id(members: &[RawObject]) -> Id {
    let mut name = Vec::with_capacity(members.len() * 64);
    for member in members {
        name.extend_from_slice(member.id().unwrap_or_default().as_bytes());
        name.extend_from_slice(&block::hash(member.as_bytes()).to_be_bytes());
    }
    Id::new(Kind::Bundle, *Uuid::new_v5(&NAMESPACE, &name).as_bytes())
}
