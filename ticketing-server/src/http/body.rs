use std::{
    error::Error,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::{HeaderMap, body::Body, header::CONTENT_LENGTH};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::ApiError;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// The body of a request, whatever server it came through.
pub type RequestBody = UnsyncBoxBody<Bytes, BoxError>;

/// The body of an answer.
pub type ResponseBody = UnsyncBoxBody<Bytes, BoxError>;

/// Room for what is large of all requests' bodies.
#[derive(Clone)]
pub(super) struct Room(Arc<Semaphore>);

/// As much of it as a body has taken, for as long as it is held; nothing for one that is small.
pub(super) type Taken = Option<OwnedSemaphorePermit>;

impl Room {
    /// What needs no room.
    const SMALL_OCTETS: usize = 16 << 10;
    const UNIT_OCTETS: usize = 1 << 10;

    pub(super) fn new(octets: usize) -> Self {
        Self(Arc::new(Semaphore::new((octets / Self::UNIT_OCTETS).min(Semaphore::MAX_PERMITS))))
    }

    /// Takes what is missing for a body that has become so large.
    fn take(&self, taken: &mut Taken, octets: usize) -> Result<(), ApiError> {
        if octets <= Self::SMALL_OCTETS {
            return Ok(());
        }
        let missing = octets.div_ceil(Self::UNIT_OCTETS) - taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from(missing).map_err(|_| ApiError::Overloaded)?;
        let more = Arc::clone(&self.0).try_acquire_many_owned(missing).map_err(|_| ApiError::Overloaded)?;
        match taken {
            Some(taken) => taken.merge(more),
            None => *taken = Some(more),
        }
        Ok(())
    }
}

/// The whole body, within its limits, and the room that it has taken.
pub(super) async fn read(
    headers: &HeaderMap,
    body: RequestBody,
    octets_max: usize,
    patience: Duration,
    room: &Room,
) -> Result<(Bytes, Taken), ApiError> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.unwrap_or_else(|| body.size_hint().lower()) > u64::try_from(octets_max).unwrap_or(u64::MAX) {
        return Err(ApiError::BodyTooLarge { octets_max });
    }
    let mut whole = pin!(collect(body, octets_max, room));
    // hyper looks for a body once somebody asks for it, and nearly every one came with its head: it is there the second time, and
    // needs no timer.
    if let Some(read) = ask_twice(whole.as_mut()).await {
        return read;
    }
    timeout(patience, whole).await.unwrap_or(Err(ApiError::BodyTimeout))
}

/// What a future comes to that needs no more than to be asked again at once.
async fn ask_twice<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    let mut is_asked_again = false;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if is_asked_again => Poll::Ready(None),
        Poll::Pending => {
            is_asked_again = true;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

async fn collect(mut body: RequestBody, octets_max: usize, room: &Room) -> Result<(Bytes, Taken), ApiError> {
    let mut taken = None;
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // Trailers are not ours.
        let Ok(data) = frame.map_err(|_| ApiError::BodyIncomplete)?.into_data() else { continue };
        let octets = first.len() + whole.len() + data.len();
        if octets > octets_max {
            return Err(ApiError::BodyTooLarge { octets_max });
        }
        room.take(&mut taken, octets)?;
        // Nearly every body is one frame, which need not be copied.
        if first.is_empty() && whole.is_empty() {
            first = data;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&data);
        }
    }
    Ok((if whole.is_empty() { first } else { whole.freeze() }, taken))
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    async fn read_octets(octets: usize, room: &Room) -> Result<(Bytes, Taken), ApiError> {
        let body = Full::new(Bytes::from(vec![b' '; octets])).map_err(Into::into).boxed_unsync();
        read(&HeaderMap::new(), body, 1 << 20, Duration::from_secs(1), room).await
    }

    #[tokio::test]
    async fn large_bodies_have_their_room_and_small_ones_need_none() {
        let room = Room::new(100 << 10);
        let (_, first) = read_octets(60 << 10, &room).await.unwrap();
        assert!(matches!(read_octets(60 << 10, &room).await, Err(ApiError::Overloaded)));
        let (_, second) = read_octets(40 << 10, &room).await.unwrap();
        assert!(matches!(read_octets((16 << 10) + 1, &room).await, Err(ApiError::Overloaded)));
        assert!(matches!(read_octets(16 << 10, &room).await, Ok((_, None))));
        drop((first, second));
        assert!(read_octets(100 << 10, &room).await.is_ok());
    }
}
