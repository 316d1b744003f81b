//! Markings that are changed and asked for.

use proptest::prelude::*;

use super::*;
use crate::RawObject;

const SELECTORS: [&str; 5] = ["name", "labels", "labels.[0]", "x_a", "x_a.b"];

fn tool() -> RawObject {
    let text = r#"{"type":"tool","spec_version":"2.1","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","name":"a","labels":["b"],"x_a":{"b":1.50}}"#;
    RawObject::new(text).unwrap()
}

fn now() -> crate::Timestamp {
    "2024-01-01T00:00:00Z".parse().unwrap()
}

fn any_marking() -> impl Strategy<Value = Marking> {
    prop_oneof![
        "[a-z]{2}".prop_map(Marking::Language),
        proptest::sample::select(vec![Tlp::Clear, Tlp::Amber, Tlp::Red])
            .prop_map(|tlp| Marking::Definition(tlp.marking().to_string())),
    ]
}

proptest! {
    // Catches a marking that is added and not there, one that is lost on the way, and one that stays.
    #[test]
    fn what_is_added_is_there(
        steps in proptest::collection::vec((any_marking(), proptest::sample::select(SELECTORS.to_vec())), 1..8),
    ) {
        let mut object = tool();
        for (marking, selector) in &steps {
            let target = Target::Properties(std::slice::from_ref(selector));
            object = add(&object, std::slice::from_ref(marking), target, now()).unwrap();
        }
        for (marking, selector) in &steps {
            let target = Target::Properties(std::slice::from_ref(selector));
            prop_assert!(is_marked(&object, marking, target, Scope::default()).unwrap());
        }
        let is_kept = object.as_str().contains(r#""x_a":{"b":1.50}"#);
        prop_assert!(is_kept);
        let cleared = clear(&object, Target::Properties(&SELECTORS), now()).unwrap();
        prop_assert!(!cleared.as_str().contains("granular_markings"));
        let (marking, selector) = &steps[0];
        let target = Target::Properties(std::slice::from_ref(selector));
        let removed = remove(&object, std::slice::from_ref(marking), target, now()).unwrap();
        prop_assert!(!is_marked(&removed, marking, target, Scope::default()).unwrap());
    }
}

// Catches scopes that compare text: `labels` is no part of `label`, and `x_a.b` is one of `x_a`.
#[test]
fn scopes_follow_steps() {
    let marking = Marking::Language("en".to_owned());
    let object = add(&tool(), std::slice::from_ref(&marking), Target::Properties(&["x_a"]), now());
    let object = object.unwrap();
    let found = |selector, scope| {
        is_marked(&object, &marking, Target::Properties(&[selector]), scope).unwrap()
    };
    assert!(!found("x_a.b", Scope::default()));
    assert!(found("x_a.b", Scope::default().with_inherited(true)));
    assert!(!found("labels", Scope::default().with_inherited(true).with_descendants(true)));
}

// Catches marks on what does not exist, and identifiers that are none.
#[test]
fn refuses_what_is_wrong() {
    let marking = [Marking::Definition("marking-definition--1".to_owned())];
    let kind = |result: Result<_, MarkingError>| result.map(|_: RawObject| ()).unwrap_err().kind();
    assert_eq!(kind(add(&tool(), &marking, Target::Object, now())), MarkingErrorKind::Marking);
    for selectors in [&["nothing"][..], &["labels.[1]"], &["name.a"], &[]] {
        let target = Target::Properties(selectors);
        assert_eq!(kind(add(&tool(), &marking, target, now())), MarkingErrorKind::Selector);
    }
}

// Catches a level that is weaker than one of the markings, and a version of the protocol that is not known.
#[test]
fn the_strictest_counts() {
    let red = [Marking::Definition(
        "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed".to_owned(),
    )];
    let amber = [Marking::Definition(Tlp::AmberStrict.marking().to_string())];
    let object = add(&tool(), &amber, Target::Object, now()).unwrap();
    let object = add(&object, &red, Target::Properties(&["name"]), now()).unwrap();
    assert_eq!(Tlp::of_object(&object), Some(Tlp::AmberStrict));
    assert_eq!(Tlp::of_object_and_properties(&object), Some(Tlp::Red));
    assert_eq!(Tlp::of_object(&tool()), None);
}
