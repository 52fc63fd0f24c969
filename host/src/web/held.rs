//! An answer whose connection is at work until its last byte is sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

use super::connections::AtWork;

/// A body that keeps its connection from being closed in favour of another one.
pub(super) struct Held {
    body: Body,
    _at_work: AtWork,
}

impl Held {
    pub(super) fn new(body: Body, at_work: AtWork) -> Self {
        Self { body, _at_work: at_work }
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
