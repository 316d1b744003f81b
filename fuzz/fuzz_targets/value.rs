//! Values that people paste: what is guessed has keys, and a key is found under itself.
#![no_main]

use inthreat_api::{Observable, ObservableType};
use inthreat_store::index::{guess, normalise};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &str| {
    let guessed = guess(value);
    for kind in ObservableType::KNOWN {
        let keys = normalise(&Observable::new(kind.clone(), value));
        assert!((1..=4).contains(&keys.len()), "{kind}: {keys:?}");
        for key in &keys {
            let length_max = value.len() * 8 + 64;
            assert!(key.value.len() <= length_max, "{kind}: a key grows without bounds");
        }
    }
    let Some(kind) = guessed else { return };
    let key = normalise(&Observable::new(kind.clone(), value)).swap_remove(0);
    let again = normalise(&key);
    assert!(again.contains(&key), "{key} is not found under itself: {again:?}");
});
