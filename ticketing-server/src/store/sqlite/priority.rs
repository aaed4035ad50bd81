//! Whose turn it is where there are more threads than processors.

/// By how much who goes first is less nice than others.
#[cfg(target_os = "linux")]
const NICER: i32 = 10;

/// Has this thread go before others, where the system allows that: the one that writes, for whom all who write wait.
///
/// It works for fractions of a millisecond and waits for the disk in between. Others take its processor meanwhile, and each of them might
/// keep it for milliseconds. It is so much less nice than this process was made by whoever started it.
#[cfg(target_os = "linux")]
pub(super) fn go_first() {
    use rustix::process::{getpriority_process, setpriority_process};
    // Of a thread, not of the process: Linux has a niceness for each.
    let set = getpriority_process(None).and_then(|usual| setpriority_process(None, usual - NICER));
    if let Err(error) = set {
        tracing::debug!(%error, "the thread that writes does not go before others");
    }
}

/// Elsewhere, it takes its turn.
#[cfg(not(target_os = "linux"))]
pub(super) fn go_first() {}

/// Has this thread give way to all others. A lower niceness would not be enough: who wakes up would still wait for the end of its turn.
#[cfg(target_os = "linux")]
pub(super) fn give_way() {
    use thread_priority::{
        NormalThreadSchedulePolicy::Idle, ThreadPriority::Min, ThreadSchedulePolicy::Normal,
        set_thread_priority_and_policy, thread_native_id, thread_schedule_policy,
    };
    let given = set_thread_priority_and_policy(thread_native_id(), Min, Normal(Idle));
    // It sets a niceness too, which some may not, and which says nothing here.
    if let Err(error) = given
        && thread_schedule_policy().ok() != Some(Normal(Idle))
    {
        tracing::debug!(?error, "a thread does not give way to others");
    }
}

/// Elsewhere, the work is done like any other.
#[cfg(not(target_os = "linux"))]
pub(super) fn give_way() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{getpriority_process, setpriority_process};

    use super::*;

    #[test]
    fn who_goes_first_does_so_where_that_is_allowed_and_is_alone_in_it() {
        let niceness = || getpriority_process(None).unwrap();
        let usual = niceness();
        let writer = std::thread::spawn(move || {
            let is_allowed = setpriority_process(None, usual - NICER).is_ok();
            let first = niceness();
            // To be nicer is always allowed.
            setpriority_process(None, usual).unwrap();
            go_first();
            assert_eq!(niceness(), first);
            assert_eq!(is_allowed, first < usual || usual <= -20);
        });
        writer.join().unwrap();
        assert_eq!(niceness(), usual);
    }
}
