//! Where a guest's request leaves the guest's stack. A host call of the engine is polled on the guest's
//! own stack, and whatever the HTTP client touches of that would stay resident for as long as the
//! answer is waited for, and in the pool afterwards. So the guest's side only hands the request out, and
//! whoever drives the guest sends it: in the same task, so that dropping that ends both.

use std::future::poll_fn;
use std::ops::ControlFlow::{Break, Continue};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use crate::egress::{Failure, Request, Response, Session};

/// What egress says to a request.
pub(super) type Answer = Result<Response, Failure>;

/// Between a guest and whoever drives it. One request is on its way at a time, as the guest waits for it.
#[derive(Default)]
pub(super) struct Hatch {
    place: Mutex<Place>,
}

#[derive(Default)]
struct Place {
    request: Option<Request>,
    answer: Option<Answer>,
}

impl Hatch {
    /// The guest's side: hands a request out and waits for the answer. Needs no waker of its own, since
    /// the guest is polled again as soon as there is an answer.
    pub(super) async fn ask(&self, request: Request) -> Answer {
        self.place().request = Some(request);
        poll_fn(|_| self.place().answer.take().map_or(Poll::Pending, Poll::Ready)).await
    }

    /// The driver's side: drives a guest to its end, and sends through the session what it hands out.
    pub(super) async fn serve<F: Future>(&self, session: &mut Session, mut guest: Pin<&mut F>) -> F::Output {
        loop {
            let event = poll_fn(|context| match guest.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Break(output)),
                // Without a request the guest only lets other tasks run.
                Poll::Pending => self
                    .place()
                    .request
                    .take()
                    .map_or(Poll::Pending, |request| Poll::Ready(Continue(request))),
            });
            match event.await {
                Break(output) => return output,
                Continue(request) => {
                    let answer = Box::pin(session.send(request)).await;
                    self.place().answer = Some(answer);
                }
            }
        }
    }

    /// The place. A panic of another holder leaves it whole: it is only ever replaced.
    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
