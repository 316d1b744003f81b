//! The vocabulary of the graph: which relationships the specification defines between which kinds of objects.

use crate::{Category, Kind};

/// Whether STIX 2.1 defines this type of relationship from objects of the one kind to objects of the other.
///
/// The source is appendix B of the specification, with the common relationships of section 3.7: `related-to`
/// between any two objects, `derived-from` and `duplicate-of` between domain objects or observables of one
/// kind. Other relationships are allowed, too: they are only not defined.
///
/// ```
/// use inthreat_stix::{Kind, relationship};
///
/// assert!(relationship::is_defined(&Kind::Indicator, "indicates", &Kind::Malware));
/// assert!(!relationship::is_defined(&Kind::Malware, "indicates", &Kind::Indicator));
/// assert!(relationship::is_defined(&Kind::Campaign, "duplicate-of", &Kind::Campaign));
/// ```
pub fn is_defined(source: &Kind, relationship_type: &str, target: &Kind) -> bool {
    match relationship_type {
        "related-to" => true,
        "derived-from" | "duplicate-of" => {
            source == target && matches!(source.category(), Category::Domain | Category::Observable)
        }
        _ => DEFINED.iter().any(|row| {
            row.source == *source
                && row.types.contains(&relationship_type)
                && (row.targets.contains(target)
                    || row.takes_observables && target.category() == Category::Observable)
        }),
    }
}

/// Every relationship that the specification defines but the common ones: kind of the source, type, kind of
/// the target.
pub fn defined() -> impl Iterator<Item = (&'static Kind, &'static str, &'static Kind)> {
    DEFINED.iter().flat_map(|row| {
        let observables = Kind::DEFINED
            .iter()
            .filter(|kind| row.takes_observables && kind.category() == Category::Observable);
        row.targets.iter().chain(observables).flat_map(move |target| {
            row.types.iter().map(move |relationship_type| (&row.source, *relationship_type, target))
        })
    })
}

/// Relationships of these types from one kind to some others.
struct Row {
    source: Kind,
    types: &'static [&'static str],
    targets: &'static [Kind],
    /// Whether all kinds of cyber-observables are targets, too.
    takes_observables: bool,
}

macro_rules! rows {
    ($($source:ident { $($($relationship_type:literal)+ => $($target:ident)+ $(, $all:literal)?;)* })*) => {
        &[$($(Row {
            source: Kind::$source,
            types: &[$($relationship_type),+],
            targets: &[$(Kind::$target),+],
            takes_observables: false $(|| $all)?,
        },)*)*]
    };
}

// Where appendix B and the section of a type name a relationship differently, both names are here:
// `exfiltrate-to` and `exfiltrates-to` (section 4.11.2), `analysis-of` and `av-analysis-of` (section 4.12.2).
const DEFINED: &[Row] = rows! {
    AttackPattern {
        "delivers" => Malware;
        "targets" => Identity Location Vulnerability;
        "uses" => Malware Tool;
    }
    Campaign {
        "attributed-to" => IntrusionSet ThreatActor;
        "compromises" => Infrastructure;
        "originates-from" => Location;
        "targets" => Identity Location Vulnerability;
        "uses" => AttackPattern Infrastructure Malware Tool;
    }
    CourseOfAction {
        "investigates" => Indicator;
        "mitigates" => AttackPattern Indicator Malware Tool Vulnerability;
        "remediates" => Malware Vulnerability;
    }
    DomainName {
        "resolves-to" => DomainName Ipv4Addr Ipv6Addr;
    }
    Identity {
        "located-at" => Location;
    }
    Indicator {
        "based-on" => ObservedData;
        "indicates" => AttackPattern Campaign Infrastructure IntrusionSet Malware ThreatActor Tool;
    }
    Infrastructure {
        "communicates-with" => Infrastructure Ipv4Addr Ipv6Addr DomainName Url;
        "consists-of" => Infrastructure ObservedData, true;
        "controls" => Infrastructure Malware;
        "delivers" => Malware;
        "has" => Vulnerability;
        "hosts" => Tool Malware;
        "located-at" => Location;
        "uses" => Infrastructure;
    }
    IntrusionSet {
        "attributed-to" => ThreatActor;
        "compromises" "hosts" "owns" => Infrastructure;
        "originates-from" => Location;
        "targets" => Identity Location Vulnerability;
        "uses" => AttackPattern Infrastructure Malware Tool;
    }
    Ipv4Addr {
        "belongs-to" => AutonomousSystem;
        "resolves-to" => MacAddr;
    }
    Ipv6Addr {
        "belongs-to" => AutonomousSystem;
        "resolves-to" => MacAddr;
    }
    Malware {
        "authored-by" => ThreatActor IntrusionSet;
        "beacons-to" "exfiltrate-to" "exfiltrates-to" => Infrastructure;
        "communicates-with" => Ipv4Addr Ipv6Addr DomainName Url;
        "controls" => Malware;
        "downloads" "drops" => Malware Tool File;
        "exploits" => Vulnerability;
        "originates-from" => Location;
        "targets" => Identity Infrastructure Location Vulnerability;
        "uses" => AttackPattern Infrastructure Malware Tool;
        "variant-of" => Malware;
    }
    MalwareAnalysis {
        "analysis-of" "av-analysis-of" "characterizes" "dynamic-analysis-of" "static-analysis-of" => Malware;
    }
    ThreatActor {
        "attributed-to" "impersonates" => Identity;
        "compromises" "hosts" "owns" => Infrastructure;
        "located-at" => Location;
        "targets" => Identity Location Vulnerability;
        "uses" => AttackPattern Infrastructure Malware Tool;
    }
    Tool {
        "delivers" "drops" => Malware;
        "has" => Vulnerability;
        "targets" => Identity Infrastructure Location Vulnerability;
        "uses" => Infrastructure;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a list that says something else than the question does.
    #[test]
    fn what_is_listed_is_defined() {
        for (source, relationship_type, target) in defined() {
            assert!(
                is_defined(source, relationship_type, target),
                "{source} {relationship_type} {target}"
            );
        }
        let all: Vec<_> = defined().collect();
        let named = |source: Kind, relationship_type: &str| {
            all.iter().filter(|row| *row.0 == source && row.1 == relationship_type).count()
        };
        assert_eq!(named(Kind::Infrastructure, "consists-of"), 20);
        assert_eq!(named(Kind::Indicator, "indicates"), 7);
    }

    // Catches common relationships between objects that they do not apply to.
    #[test]
    fn common_relationships() {
        assert!(is_defined(&Kind::from("x-a"), "related-to", &Kind::Url));
        assert!(is_defined(&Kind::Url, "derived-from", &Kind::Url));
        assert!(!is_defined(&Kind::Url, "derived-from", &Kind::File));
        assert!(!is_defined(&Kind::Relationship, "duplicate-of", &Kind::Relationship));
        assert!(!is_defined(&Kind::Tool, "", &Kind::Malware));
    }
}
