use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt;
use tokio::time::{Sleep, sleep_until};

/// One connection's timer, for the heads of its requests.
///
/// hyper makes a timer for each head and drops it as soon as that is there. To put a timer among the runtime's and to take it out again
/// are two locks that all threads share; one that stays there is moved on without any. So the last one is kept for the next head. It
/// may be up meanwhile: then the connection is looked at once for nothing.
#[derive(Default)]
pub(super) struct HeadTimer {
    kept: Kept,
}

type Kept = Arc<Mutex<Option<Pin<Box<Sleep>>>>>;

impl rt::Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let sleep = match kept {
            Some(mut sleep) => {
                sleep.as_mut().reset(deadline.into());
                sleep
            }
            None => Box::pin(sleep_until(deadline.into())),
        };
        Box::pin(Lent { sleep: Some(sleep), home: Arc::clone(&self.kept) })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

/// A timer that goes back to where it is kept.
struct Lent {
    /// `None` only while it is dropped.
    sleep: Option<Pin<Box<Sleep>>>,
    home: Kept,
}

impl rt::Sleep for Lent {}

impl Future for Lent {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.sleep.as_mut().map_or(Poll::Ready(()), |sleep| sleep.as_mut().poll(context))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = self.sleep.take();
    }
}

#[cfg(test)]
mod tests {
    use rt::Timer as _;
    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_millis(40);

    #[tokio::test]
    async fn a_timer_that_is_kept_is_up_when_the_next_one_should_be() {
        let timer = HeadTimer::default();
        let began = timer.now();
        let mut first = timer.sleep(SOON);
        assert!(timeout(SOON / 2, &mut first).await.is_err());
        drop(first);
        // Later than what it is set to, and then earlier.
        timer.sleep(2 * SOON).await;
        let passed = timer.now() - began;
        assert!(passed >= 2 * SOON, "{passed:?}");
        drop(timer.sleep(Duration::from_hours(1)));
        timer.sleep(SOON).await;
        let passed = timer.now() - began;
        assert!((3 * SOON..Duration::from_mins(1)).contains(&passed), "{passed:?}");
    }

    #[tokio::test]
    async fn whoever_is_lent_two_has_two() {
        let timer = HeadTimer::default();
        let began = timer.now();
        let (long, short) = (timer.sleep(2 * SOON), timer.sleep(SOON));
        short.await;
        long.await;
        let passed = timer.now() - began;
        assert!(passed >= 2 * SOON, "{passed:?}");
    }
}
