//! Tests of the retry arithmetic.

use std::error::Error as _;

use proptest::prelude::*;

use super::*;

const RETRYABLE: [ErrorKind; 3] =
    [ErrorKind::RateLimited, ErrorKind::Unavailable, ErrorKind::Transport];

fn made(tries: u32, elapsed: Duration) -> Made {
    Made { tries, elapsed, repeat: Repeat::Always }
}

fn arb_options() -> impl Strategy<Value = RetryOptions> {
    (1u32..20, 0u64..1_000_000, 0u64..100_000, 0u64..100_000, 0u64..1_000_000).prop_map(
        |(tries, time, first, max, after)| {
            RetryOptions::default()
                .with_tries_max(tries)
                .with_time_max(Duration::from_millis(time))
                .with_backoff(Duration::from_millis(first), Duration::from_millis(max))
                .with_retry_after_max(Duration::from_millis(after))
        },
    )
}

proptest! {
    // Catches a wait beyond its bounds, one that is shorter than the other side asked for, and a try too many or too
    // late.
    #[test]
    fn waits_stay_within_their_bounds(
        options in arb_options(),
        kind in prop::sample::select(&RETRYABLE[..]),
        (tries, elapsed, random) in (1u32..40, 0u64..1_000_000, any::<u64>()),
        asked in prop::option::of(0u64..1_000_000),
    ) {
        let asked = asked.map(Duration::from_millis);
        let mut error = Error::new(kind, "x");
        if let Some(asked) = asked {
            error = error.with_retry_after(asked);
        }
        let elapsed = Duration::from_millis(elapsed);
        let asked = asked.unwrap_or_default();
        match options.next(&error, made(tries, elapsed), random) {
            Next::Again(wait) => {
                prop_assert!(tries < options.tries_max && asked <= options.retry_after_max);
                prop_assert!(wait >= asked && wait <= asked + options.backoff_max);
                prop_assert!(wait <= asked + options.backoff(tries));
                prop_assert!(elapsed + wait <= options.time_max);
            }
            Next::GiveUp(GiveUp::Tries) => prop_assert!(tries >= options.tries_max),
            Next::GiveUp(GiveUp::LongWait) => prop_assert!(asked > options.retry_after_max),
            Next::GiveUp(GiveUp::Time) => {
                prop_assert!(elapsed + asked + options.backoff(tries) > options.time_max);
            }
            Next::GiveUp(other) => prop_assert!(false, "{:?}", other),
        }
    }

    // Catches a decision that depends on anything else than its arguments.
    #[test]
    fn decisions_can_be_replayed(options in arb_options(), tries in 1u32..9, random: u64) {
        let error = Error::new(ErrorKind::Unavailable, "x");
        let decide = || options.next(&error, made(tries, Duration::ZERO), random);
        prop_assert_eq!(decide(), decide());
    }

    // Catches a driver's loop that does not come to an end.
    #[test]
    fn every_loop_ends(options in arb_options(), randoms in prop::collection::vec(any::<u64>(), 40)) {
        let error = Error::new(ErrorKind::Transport, "x");
        let (mut tries, mut elapsed) = (1, Duration::ZERO);
        for random in randoms {
            match options.next(&error, made(tries, elapsed), random) {
                Next::Again(wait) => elapsed += wait,
                Next::GiveUp(_) => break,
            }
            tries += 1;
        }
        prop_assert!(tries <= options.tries_max && elapsed <= options.time_max);
    }

    // Catches an overflow on options that nobody means.
    #[test]
    fn absurd_options_are_survived(first: u64, max: u64, tries: u32, random: u64, asked: u64) {
        let options = RetryOptions::default()
            .with_tries_max(u32::MAX)
            .with_time_max(Duration::MAX)
            .with_retry_after_max(Duration::MAX)
            .with_backoff(Duration::from_secs(first), Duration::from_secs(max));
        let error = Error::new(ErrorKind::Unavailable, "x").with_retry_after(Duration::from_secs(asked));
        let _ = options.next(&error, made(tries, Duration::MAX), random);
    }
}

// Catches jitter that is not full: both ends of the range and its middle are reached.
#[test]
fn the_wait_is_drawn_from_zero_to_the_backoff() {
    let options = RetryOptions::default();
    let error = Error::new(ErrorKind::Unavailable, "x");
    let wait = |tries, random| match options.next(&error, made(tries, Duration::ZERO), random) {
        Next::Again(wait) => wait,
        Next::GiveUp(reason) => panic!("{reason:?}"),
    };
    assert_eq!(wait(1, 0), Duration::ZERO);
    assert_eq!(wait(1, u64::MAX), Duration::from_millis(500));
    assert_eq!(wait(2, 1 << 63), Duration::from_millis(500));
    assert_eq!(wait(3, u64::MAX), Duration::from_secs(2));
    assert_eq!(options.backoff(30), Duration::from_secs(30));
}

// Catches a permanent error that is asked again.
#[test]
fn permanent_errors_are_given_up() {
    for status in [400, 401, 403, 404, 409, 422] {
        let kind = match status {
            401 => ErrorKind::Unauthorized,
            403 => ErrorKind::Forbidden,
            404 => ErrorKind::NotFound,
            _ => ErrorKind::InvalidRequest,
        };
        let error = Error::new(kind, "x").with_status(status);
        let next = RetryOptions::default().next(&error, made(1, Duration::ZERO), 0);
        assert_eq!(next, Next::GiveUp(GiveUp::Permanent), "{status}");
    }
}

// Catches a feed that is created twice, and a refusal or a missing connection after which it is not created at all.
#[test]
fn what_changes_things_is_repeated_only_when_it_was_not_done() {
    let made = Made { tries: 1, elapsed: Duration::ZERO, repeat: Repeat::IfNotDone };
    let next = |error: &Error| RetryOptions::default().next(error, made, 0);
    let broken = Error::new(ErrorKind::Transport, "the connection broke");
    assert_eq!(next(&broken), Next::GiveUp(GiveUp::NotRepeatable));
    assert_eq!(next(&Error::new(ErrorKind::Unavailable, "x")), Next::GiveUp(GiveUp::NotRepeatable));
    assert_eq!(next(&Error::new(ErrorKind::RateLimited, "x")), Next::Again(Duration::ZERO));
    let unsent = Error::new(ErrorKind::Transport, "no connection").with_unsent(true);
    assert_eq!(next(&unsent), Next::Again(Duration::ZERO));
}

// Catches an error at the end that hides what happened, or that does not say how often and how long was tried.
#[test]
fn the_last_error_says_how_often_and_how_long() {
    let last = || {
        Error::new(ErrorKind::RateLimited, "the service answered 429: slow down")
            .with_status(429)
            .with_code("T1")
            .with_retry_after(Duration::from_secs(7))
    };
    let error = given_up(last(), 3, Duration::from_millis(12_340));
    assert_eq!(error.to_string(), "no answer after 3 tries in 12.3 s");
    assert_eq!(error.source().unwrap().to_string(), "the service answered 429: slow down");
    assert_eq!((error.kind(), error.status()), (ErrorKind::RateLimited, Some(429)));
    assert_eq!((error.code(), error.retry_after()), (Some("T1"), Some(Duration::from_secs(7))));
    assert_eq!(given_up(last(), 1, Duration::ZERO).to_string(), last().to_string());
}
