//! Work that nobody waits for: it has a processor where no other work wants one.
//!
//! A desk may have twenty thousand events a second. To index what they say takes a fifth of a processor, and whoever writes meanwhile stands
//! behind it, again and again. Yet about as much is left over: while a transaction is on its way to the disk, those who wait for it do nothing.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Mutex, PoisonError,
        mpsc::{Sender, channel},
    },
    thread,
};

use super::priority::give_way;

type Job = Box<dyn FnOnce() + Send>;

/// A thread for such work, once somebody needs it. It is not one of those that others use: whoever has once given way may not be allowed
/// to take that back.
#[derive(Default)]
pub(super) struct Aside {
    /// The thread ends when this is gone.
    jobs: Mutex<Option<Sender<Job>>>,
}

impl Aside {
    /// Runs work aside and waits for it. Where there is no thread to be had, it is done right here.
    pub(super) fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let Some(jobs) = self.jobs() else { return work() };
        let (reply, answer) = channel();
        let job = move || {
            // Whoever asked waits.
            let _ = reply.send(catch_unwind(AssertUnwindSafe(work)));
        };
        jobs.send(Box::new(job)).expect("the thread outlives whoever can send to it");
        let outcome = answer.recv().expect("whatever becomes of it is answered");
        outcome.unwrap_or_else(|panic| resume_unwind(panic))
    }

    fn jobs(&self) -> Option<Sender<Job>> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if jobs.is_none() {
            let started = start();
            *jobs = started.inspect_err(|error| tracing::warn!(%error, "there is no thread that gives way")).ok();
        }
        jobs.clone()
    }
}

fn start() -> io::Result<Sender<Job>> {
    let (jobs, waiting) = channel::<Job>();
    thread::Builder::new().name("ticketing-aside".into()).spawn(move || {
        give_way();
        for job in waiting {
            job();
        }
    })?;
    Ok(jobs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a thread's class is, as the system says it: 5 gives way to all others.
    #[cfg(target_os = "linux")]
    fn class() -> u32 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let (_, after_name) = stat.rsplit_once(") ").unwrap();
        after_name.split(' ').nth(38).unwrap().parse().unwrap()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_done_aside_gives_way_and_what_comes_after_does_not() {
        let before = class();
        assert_eq!(Aside::default().run(class), 5);
        assert_eq!(class(), before);
    }

    #[test]
    fn what_it_comes_to_is_answered_and_a_panic_goes_on() {
        let aside = Aside::default();
        let panic = catch_unwind(AssertUnwindSafe(|| aside.run(|| panic!("it"))));
        assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"it"));
        assert_eq!(aside.run(|| 7), 7);
    }
}
