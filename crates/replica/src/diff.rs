//! What two replicas disagree on.

use inthreat_stix::Id;
use inthreat_store::Result;

use crate::{fault::Fault, key::Key, reader::Reader, replica::Replica};

/// How many objects are read at a time.
const STEP: i64 = 1024;

/// What two replicas disagree on, the newest versions of their objects compared byte for byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diff {
    /// How many objects are the same in both.
    pub identical: u64,
    /// How many objects only the first has.
    pub only_left: u64,
    /// How many objects only the second has.
    pub only_right: u64,
    /// How many objects both have, with other bytes.
    pub different: u64,
    /// The first [`Diff::DIFFERENCES_MAX`] differences.
    pub differences: Vec<Difference>,
}

/// An object that two replicas disagree on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// Only the first has it.
    OnlyLeft(Id),
    /// Only the second has it.
    OnlyRight(Id),
    /// Both have it, with other bytes.
    Different(Id),
}

impl Diff {
    /// How many differences are told.
    pub const DIFFERENCES_MAX: usize = 1000;

    /// Whether both replicas hold the same objects, byte for byte.
    pub fn is_identical(&self) -> bool {
        self.only_left + self.only_right + self.different == 0
    }

    fn tell(&mut self, difference: Difference) {
        match difference {
            Difference::OnlyLeft(_) => self.only_left += 1,
            Difference::OnlyRight(_) => self.only_right += 1,
            Difference::Different(_) => self.different += 1,
        }
        if self.differences.len() < Self::DIFFERENCES_MAX {
            self.differences.push(difference);
        }
    }
}

impl Replica {
    /// Compares the newest versions of all objects with those of another replica, which comes second. Older versions,
    /// the order of arrival and cursors are not compared. Memory does not grow with the replicas. Blocks.
    pub fn diff(&self, other: &Self) -> Result<Diff> {
        let compare = |fault: Fault| fault.into_store("compare", self.folder());
        let mut diff = Diff::default();
        self.settle().map_err(compare)?;
        other.settle().map_err(|fault| fault.into_store("compare", other.folder()))?;
        let left = self.readers.ask_snapshot(|left| {
            let right = other.readers.ask_snapshot(|right| {
                both(left, right, &mut diff)?;
                missing(right, left, &mut diff)
            });
            Ok(right.map_err(|fault| fault.into_store("compare", other.folder())))
        });
        left.map_err(compare)??;
        Ok(diff)
    }
}

/// Walks over the objects of the first, in the order of arrival: that is the order of their blocks, and for a
/// replica of a replica it is that of the other's blocks too.
fn both(left: &mut Reader, right: &mut Reader, diff: &mut Diff) -> Result<(), Fault> {
    let mut after = 0;
    loop {
        let newest = newest(left, after)?;
        let Some((last, _)) = newest.last() else { return Ok(()) };
        after = *last;
        let sequences: Vec<i64> = newest.iter().map(|(sequence, _)| *sequence).collect();
        let objects = left.objects_in_order(&sequences)?;
        for (object, (_, key)) in objects.into_iter().zip(newest) {
            match right.resolve(&key)? {
                None => diff.tell(Difference::OnlyLeft(key.id()?)),
                Some(sequence) if right.object(sequence)? == object => diff.identical += 1,
                Some(_) => diff.tell(Difference::Different(key.id()?)),
            }
        }
    }
}

/// Walks over the objects of the second and tells those that the first does not have.
fn missing(right: &Reader, left: &Reader, diff: &mut Diff) -> Result<(), Fault> {
    let mut after = 0;
    loop {
        let newest = newest(right, after)?;
        let Some((last, _)) = newest.last() else { return Ok(()) };
        after = *last;
        for (_, key) in newest {
            if left.resolve(&key)?.is_none() {
                diff.tell(Difference::OnlyRight(key.id()?));
            }
        }
    }
}

/// Sequence and key of the next newest versions.
fn newest(reader: &Reader, after: i64) -> Result<Vec<(i64, Key)>, Fault> {
    let mut statement = reader.connection.prepare_cached(
        "SELECT sequence, key FROM objects
         WHERE sequence > ?1 AND retired_by IS NULL ORDER BY sequence LIMIT ?2",
    )?;
    let rows = statement.query_map([after, STEP], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
