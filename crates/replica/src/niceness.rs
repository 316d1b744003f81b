//! Threads that give way to others.

/// Lets the thread that asks give way by so much more, as `nice` counts, and the threads that it starts. Where that is refused,
/// or there is no such thing, it goes on as it was.
#[cfg(target_os = "linux")]
pub(crate) fn give_way(niceness: u8) {
    if niceness > 0 {
        let _ = rustix::process::nice(niceness.into());
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn give_way(_: u8) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    // Catches a thread that does not give way, and one that takes the whole process with it.
    #[test]
    fn a_thread_gives_way_alone() {
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let before = niceness();
        let inside = std::thread::spawn(move || {
            give_way(3);
            (niceness(), std::thread::spawn(niceness).join().unwrap())
        });
        let expected = (before + 3).min(19);
        assert_eq!(inside.join().unwrap(), (expected, expected));
        assert_eq!(niceness(), before);
    }
}
