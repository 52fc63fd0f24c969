//! Slots without a sandbox behind them.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use super::*;

fn slots(concurrency: u32, queue: u32, per_workspace: u32) -> Arc<Slots> {
    Slots::new(&Settings { concurrency, queue, per_workspace, ..Settings::default() })
}

fn workspace(id: &str) -> WorkspaceId {
    id.parse().unwrap()
}

/// Room without end.
fn free() -> Arc<dyn Room> {
    room(usize::MAX)
}

fn room(of_each: usize) -> Arc<dyn Room> {
    struct Of(usize);
    impl Room for Of {
        fn of(&self, _: &WorkspaceId, _: &str) -> usize {
            self.0
        }
    }
    Arc::new(Of(of_each))
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn load(running: usize, waiting: usize, slots: usize) -> Load {
    Load { slots, running, waiting }
}

#[tokio::test]
async fn those_who_wait_are_called_in_their_order() {
    let slots = slots(1, 2, 100);
    let one = workspace("one");
    let first = slots.enter(&one, &[], free()).await.unwrap();
    let (mut second, mut third) =
        (pin!(slots.enter(&one, &[], free())), pin!(slots.enter(&one, &[], free())));
    assert!(poll(second.as_mut()).is_pending() && poll(third.as_mut()).is_pending());
    assert_eq!(slots.load(), load(1, 2, 1));
    drop(first);
    assert!(poll(third.as_mut()).is_pending());
    let Poll::Ready(Ok(second)) = poll(second.as_mut()) else { panic!("the second one was not called") };
    drop(second);
    assert!(matches!(poll(third.as_mut()), Poll::Ready(Ok(_))));
    assert_eq!(slots.load(), load(0, 0, 1));
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let slots = slots(1, 1, 100);
    let one = workspace("one");
    let _first = slots.enter(&one, &[], free()).await.unwrap();
    let mut second = pin!(slots.enter(&one, &[], free()));
    assert!(poll(second.as_mut()).is_pending());
    assert!(matches!(poll(pin!(slots.enter(&one, &[], free()))), Poll::Ready(Err(Busy { retry_after: 2 }))));
    assert_eq!(slots.load(), load(1, 1, 1));
}

#[tokio::test]
async fn a_wait_has_its_end() {
    let settings = Settings { concurrency: 1, queue_ms: 1, per_workspace: 100, ..Settings::default() };
    let (slots, one) = (Slots::new(&settings), workspace("one"));
    let first = slots.enter(&one, &[], free()).await.unwrap();
    assert!(matches!(slots.enter(&one, &[], free()).await, Err(Busy { retry_after: 1 })));
    assert_eq!(slots.load(), load(1, 0, 1));
    drop(first);
    assert!(slots.enter(&one, &[], free()).await.is_ok());
}

#[tokio::test]
async fn one_workspace_never_takes_all_slots_nor_the_whole_queue() {
    let slots = slots(4, 4, 75);
    let (one, two) = (workspace("one"), workspace("two"));
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(slots.enter(&one, &[], free()).await.unwrap());
    }
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(slots.enter(&one, &[], free()))).collect();
    assert!(waiting.iter_mut().all(|it| poll(it.as_mut()).is_pending()));
    assert!(
        matches!(poll(pin!(slots.enter(&one, &[], free()))), Poll::Ready(Err(_))),
        "its share of the queue is taken"
    );
    // The other one passes those who may not run anyway.
    let other = slots.enter(&two, &[], free()).await.unwrap();
    let mut second = pin!(slots.enter(&two, &[], free()));
    assert!(poll(second.as_mut()).is_pending());
    assert_eq!(slots.load(), load(4, 4, 4));
    drop(other);
    assert!(matches!(poll(second.as_mut()), Poll::Ready(Ok(_))), "a freed slot goes to whoever may have it");
    drop((held, waiting));
    assert_eq!(slots.load(), load(0, 0, 4));
}

#[tokio::test]
async fn who_leaves_the_queue_leaves_nothing_behind() {
    let slots = slots(1, 8, 100);
    let one = workspace("one");
    for round in 0..1_000 {
        let first = slots.enter(&one, &[], free()).await.unwrap();
        let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(slots.enter(&one, &[], free()))).collect();
        assert!(waiting.iter_mut().all(|it| poll(it.as_mut()).is_pending()));
        if round % 2 == 0 {
            // Called, and gone before it could look.
            drop(first);
        }
        waiting.truncate(round % 3);
    }
    assert_eq!(slots.load(), load(0, 0, 1));
}

#[tokio::test]
async fn the_installation_waits_outside_all_shares() {
    let slots = slots(1, 0, 1);
    let one = workspace("one");
    let first = slots.enter(&one, &[], free()).await.unwrap();
    let mut own = pin!(slots.wait());
    assert!(poll(own.as_mut()).is_pending());
    assert!(slots.enter(&one, &[], free()).await.is_err(), "there is no queue for workspaces");
    drop(first);
    assert!(poll(own.as_mut()).is_ready());
    assert_eq!(slots.load(), load(0, 0, 1));
}

#[tokio::test]
async fn one_host_never_takes_all_slots_nor_the_whole_queue() {
    let settings =
        Settings { concurrency: 4, queue: 4, per_workspace: 100, per_host: 50, ..Settings::default() };
    let slots = Slots::new(&settings);
    let (one, two) = (workspace("one"), workspace("two"));
    let (slow, other) = (["slow".to_owned()], ["other".to_owned(), "slow".to_owned()]);
    let held =
        (slots.enter(&one, &slow, free()).await.unwrap(), slots.enter(&two, &other, free()).await.unwrap());
    let mut waiting: Vec<_> = (0..2).map(|_| Box::pin(slots.enter(&one, &slow, free()))).collect();
    assert!(waiting.iter_mut().all(|it| poll(it.as_mut()).is_pending()));
    assert!(
        matches!(poll(pin!(slots.enter(&two, &slow, free()))), Poll::Ready(Err(_))),
        "its share is taken"
    );
    // Others pass those who wait for it.
    let others = (
        slots.enter(&one, &other[..1], free()).await.unwrap(),
        slots.enter(&two, &[], free()).await.unwrap(),
    );
    assert_eq!(slots.load(), load(4, 2, 4));
    drop(others);
    assert!(poll(waiting[0].as_mut()).is_pending(), "the host has its share still");
    drop(held.0);
    assert!(matches!(poll(waiting[0].as_mut()), Poll::Ready(Ok(_))));
    drop((waiting, held.1));
    assert_eq!(slots.load(), load(0, 0, 4));
}

#[tokio::test]
async fn a_workspace_has_as_many_runs_at_a_host_as_there_is_room() {
    let slots = slots(8, 8, 100);
    let (one, two) = (workspace("one"), workspace("two"));
    let (shop, other) = (["shop".to_owned()], ["other".to_owned()]);
    let held =
        (slots.enter(&one, &shop, room(2)).await.unwrap(), slots.enter(&one, &shop, room(2)).await.unwrap());
    let mut third = pin!(slots.enter(&one, &shop, room(2)));
    assert!(poll(third.as_mut()).is_pending());
    // Other hosts and other workspaces have their own.
    let others = (slots.enter(&one, &other, room(2)).await, slots.enter(&two, &shop, room(2)).await);
    assert!(others.0.is_ok() && others.1.is_ok());
    drop(others);
    assert!(poll(third.as_mut()).is_pending());
    drop(held.0);
    assert!(matches!(poll(third.as_mut()), Poll::Ready(Ok(_))));
    drop(held.1);
    assert_eq!(slots.load(), load(0, 0, 8));
}
