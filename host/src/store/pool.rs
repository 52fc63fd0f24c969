//! How busy the connections are.

use super::transaction::{Pool, Store};

/// The connections of one process to its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLoad {
    pub open: usize,
    pub idle: usize,
    /// As many may be open.
    pub most: usize,
}

impl Store {
    /// How busy the connections are now.
    pub fn pool(&self) -> PoolLoad {
        let (open, idle, most) = match &self.pool {
            Pool::Sqlite { pool, .. } => (pool.size(), pool.num_idle(), pool.options().get_max_connections()),
            Pool::Postgres(pool) => (pool.size(), pool.num_idle(), pool.options().get_max_connections()),
        };
        PoolLoad { open: open as usize, idle, most: most as usize }
    }
}
