//! SQLite's writers. They take turns on one connection and commit together: whoever queued up while the
//! disk was busy is in the next transaction, so that one sync pays for all. Nobody is told that something
//! was stored before that commit has succeeded. One who fails or is given up takes back his own part only;
//! one who is refused may have been so for what those before him wrote, and hears of it when that is stored.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::dialect;
use super::error::StoreError;

/// A transaction on SQLite.
pub(super) enum SqliteTx {
    Read(Transaction<'static, Sqlite>),
    Write(Turn),
}

/// The writers of one process, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Writers(Arc<Mutex<Batch>>);

/// What is committed next.
#[derive(Debug, Default)]
pub(super) struct Batch {
    transaction: Option<Transaction<'static, Sqlite>>,
    /// Those who wait for the commit: they have written, or were refused for what others wrote.
    waiting: Vec<oneshot::Sender<Result<(), StoreError>>>,
    /// Somebody writes. Where the next one finds this set, he was given up in the middle.
    at_work: bool,
}

/// One writer's turn. Dropped without [`SqliteTx::commit`], its part is taken back by whoever comes next.
pub(super) struct Turn(OwnedMutexGuard<Batch>);

impl Writers {
    /// Waits for the writers before, and begins a part of the next commit.
    pub(super) async fn take_turn(&self, pool: &SqlitePool) -> Result<Turn, StoreError> {
        loop {
            let mut batch = Arc::clone(&self.0).lock_owned().await;
            batch.take_back_abandoned().await;
            if batch.waiting.len() >= dialect::SAVEPOINTS.len() {
                // Full. Its committer is on its way, and comes before this writer's next try.
                drop(batch);
                tokio::task::yield_now().await;
                continue;
            }
            if batch.transaction.is_none() {
                batch.transaction = Some(pool.begin_with(dialect::BEGIN_SQLITE_WRITE).await?);
                self.commit_soon();
            }
            batch.begin_part().await?;
            return Ok(Turn(batch));
        }
    }

    /// Waits for the writers before and their commit, and keeps all others out while the answer lives.
    pub(super) async fn exclude(&self) -> OwnedMutexGuard<Batch> {
        let mut batch = Arc::clone(&self.0).lock_owned().await;
        batch.take_back_abandoned().await;
        batch.commit().await;
        batch
    }

    /// Queues up behind the writers who are there now, then commits what they wrote. In a task of its own,
    /// since each of them may be given up.
    fn commit_soon(&self) {
        let writers = self.clone();
        tokio::spawn(async move { drop(writers.exclude().await) });
    }
}

impl Batch {
    /// The first part needs no savepoint: to take it back is to roll back everything.
    async fn begin_part(&mut self) -> Result<(), StoreError> {
        self.at_work = true;
        if let (Some(savepoint), Some(transaction)) = (self.savepoint(), &mut self.transaction) {
            sqlx::query(savepoint.begin).execute(&mut **transaction).await?;
        }
        Ok(())
    }

    /// The savepoint of the part that is being written.
    fn savepoint(&self) -> Option<dialect::Savepoint> {
        self.waiting.len().checked_sub(1).and_then(|index| dialect::SAVEPOINTS.get(index).copied())
    }

    /// Takes back a part that was not brought to its end. Where that is not possible, SQLite may have
    /// rolled back more than was asked for: then nobody's part is kept.
    async fn take_back_abandoned(&mut self) {
        if !self.at_work {
            return;
        }
        let is_taken_back = match (self.savepoint(), &mut self.transaction) {
            (Some(savepoint), Some(transaction)) => {
                sqlx::query(savepoint.take_back).execute(&mut **transaction).await.is_ok()
            }
            _ => false,
        };
        self.at_work = false;
        if !is_taken_back {
            self.tell(|| {
                Err(StoreError::Unavailable(
                    "the transaction that this was part of was rolled back".to_owned(),
                ))
            });
            if let Some(transaction) = self.transaction.take() {
                // Where this fails too, the connection is given up, and the transaction with it.
                drop(transaction.rollback().await);
            }
        }
    }

    async fn commit(&mut self) {
        let Some(transaction) = self.transaction.take() else { return };
        match transaction.commit().await.map_err(StoreError::from) {
            Ok(()) => self.tell(|| Ok(())),
            Err(StoreError::Unavailable(reason)) => {
                self.tell(|| Err(StoreError::Unavailable(reason.clone())));
            }
            Err(error) => {
                let reason = error.to_string();
                self.tell(|| Err(StoreError::Internal(reason.clone())));
            }
        }
    }

    fn tell(&mut self, outcome: impl Fn() -> Result<(), StoreError>) {
        for writer in self.waiting.drain(..) {
            // Who was given up meanwhile is not there to hear it.
            drop(writer.send(outcome()));
        }
    }
}

impl SqliteTx {
    /// Commits; a writer waits for the commit of all who wrote with him.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Read(transaction) => Ok(transaction.commit().await?),
            Self::Write(Turn(mut batch)) => {
                batch.at_work = false;
                wait_for_commit(batch).await
            }
        }
    }

    /// Takes back what was written.
    ///
    /// # Errors
    /// What was seen meanwhile is not true: those who wrote it before could not commit it.
    pub(super) async fn rollback(self) -> Result<(), StoreError> {
        match self {
            Self::Read(transaction) => Ok(transaction.rollback().await?),
            Self::Write(Turn(mut batch)) => {
                batch.take_back_abandoned().await;
                if batch.waiting.is_empty() { Ok(()) } else { wait_for_commit(batch).await }
            }
        }
    }
}

/// Lets the next writer have his turn, and waits until all who wrote before are told.
async fn wait_for_commit(mut batch: OwnedMutexGuard<Batch>) -> Result<(), StoreError> {
    let (tell, told) = oneshot::channel();
    batch.waiting.push(tell);
    drop(batch);
    let stopped = |_| Err(StoreError::Unavailable("the service is stopping".to_owned()));
    told.await.unwrap_or_else(stopped)
}

impl Deref for SqliteTx {
    type Target = SqliteConnection;

    #[expect(clippy::expect_used, reason = "a turn begins with a transaction, and only its end takes it")]
    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Read(transaction) => transaction,
            Self::Write(Turn(batch)) => batch.transaction.as_ref().expect("a turn has a transaction"),
        }
    }
}

impl DerefMut for SqliteTx {
    #[expect(clippy::expect_used, reason = "a turn begins with a transaction, and only its end takes it")]
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Read(transaction) => transaction,
            Self::Write(Turn(batch)) => batch.transaction.as_mut().expect("a turn has a transaction"),
        }
    }
}
