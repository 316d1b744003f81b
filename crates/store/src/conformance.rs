//! The promises of the contracts, one function each: what every implementer runs in its tests.
//!
//! Each function panics with the promise that was broken. The stores that are handed in are empty at the start of a suite;
//! the functions of one suite do not disturb each other.
//!
//! ```
//! # async fn example() {
//! use inthreat_store::{MemoryCursorStore, conformance};
//!
//! conformance::cursor_store(&MemoryCursorStore::new()).await;
//! # }
//! ```

mod cursors;
mod holdings;
mod leases;
mod quarantines;
mod server;
mod sinks;
mod transactions;

pub use cursors::{
    commit_is_loaded, commit_of_another_generation_changes_nothing, cursor_store,
    forgotten_cursor_stays_forgotten, keys_are_apart, list_is_sorted, longest_values_survive,
    one_of_many_commits_wins, shared_cursor_store, unknown_key_is_at_the_beginning,
};
pub use holdings::{held_objects_are_told_in_order, holdings};
pub use leases::{
    Elapse, ManualClock, commit_without_a_lease_fences_the_holder,
    expired_lease_can_be_renewed_until_it_is_taken, forgetting_fences_the_holder,
    lease_leaves_the_cursor_where_it_is, leases, newest_is_kept, one_holder_at_a_time,
    one_of_many_holders_wins, paused_holder_moves_nothing, released_lease_is_free,
    renewed_lease_is_held_on, shared_leases, transactional_leases,
};
pub use quarantines::{items_are_released_by_number, items_are_told_in_parts, quarantine};
pub use server::server_url;
pub use sinks::{
    Inspect, batch_is_kept_byte_for_byte, counts_add_up, empty_batch_changes_nothing,
    later_object_of_a_batch_wins, newest_version_wins, rejected_items_are_kept,
    same_instant_other_bytes_replaces, same_order_of_instants_as_timestamps, sink,
    writing_again_changes_nothing,
};
pub use transactions::{
    batch_and_cursor_go_together, conflict_writes_nothing, empty_batch_moves_the_cursor,
    transactional_sink,
};
