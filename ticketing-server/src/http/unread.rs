use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::timeout;

use super::body::{BoxError, RequestBody};

/// How long the rest of a body that nobody wants may take to arrive.
const PATIENCE: Duration = Duration::from_secs(1);

/// What was left of a request's body by whoever has answered it.
///
/// A connection whose request was not read to its end is closed behind the answer, and who sends the next request on it is told
/// nothing: they do not know whether it was done. Most clients send head and body apart, so that a refusal is often faster than
/// the body. Therefore the rest is read before the answer goes out, or the answer says that the connection ends with it.
#[derive(Default)]
pub(super) struct Unread(Arc<Mutex<Option<RequestBody>>>);

impl Unread {
    /// A body that comes back here, unless it is read to its end.
    pub(super) fn lend(&self, body: RequestBody) -> RequestBody {
        if body.is_end_stream() {
            return body;
        }
        Lent { body: Some(body), home: Arc::clone(&self.0) }.boxed_unsync()
    }

    /// Reads what is left, if that is no more than so many octets, and soon there; whether nothing is left.
    pub(super) async fn drain(&self, octets_max: usize) -> bool {
        let Some(mut body) = self.take() else { return true };
        let octets_max = u64::try_from(octets_max).unwrap_or(u64::MAX);
        let read_on = async {
            let mut read = 0;
            while read + body.size_hint().lower() <= octets_max {
                match body.frame().await {
                    Some(Ok(frame)) => read += frame.data_ref().map_or(0, |data| data.len() as u64),
                    Some(Err(_)) => return false,
                    None => return true,
                }
            }
            false
        };
        timeout(PATIENCE, read_on).await.unwrap_or(false)
    }

    /// Whether something is left.
    pub(super) fn is_some(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn take(&self) -> Option<RequestBody> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

struct Lent {
    /// `None` once it has ended.
    body: Option<RequestBody>,
    home: Arc<Mutex<Option<RequestBody>>>,
}

impl Body for Lent {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if frame.is_none() {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            *self.home.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}
