//! Which rows are asked for: a fixed sample from all over the big workspace.

use keystead::domain::id::{CredentialId, FlowId};

use super::connection::Connection;
use super::database::Seeded;
use super::rows;

/// How many of each kind; each is asked for in turn.
const COUNT: usize = 2_000;

/// Ids in an order that looks random.
pub struct Samples {
    pub credentials: Vec<CredentialId>,
    /// Held by at least one step of an active flow.
    pub used: Vec<CredentialId>,
    pub flows: Vec<FlowId>,
    pub steady: CredentialId,
    pub busiest: CredentialId,
}

impl Samples {
    pub async fn take(database: &Seeded) -> Self {
        let mut connection = Connection::open(database.backend, &database.url).await;
        // Ids of credentials have something that looks random from their 16th character on, those of
        // flows are short numbers.
        let big = rows::BIG;
        let credentials = format!(
            "SELECT id FROM credentials WHERE workspace = '{big}' ORDER BY substr(id, 16) LIMIT {COUNT}"
        );
        let used = format!(
            "SELECT credential FROM flow_steps WHERE workspace = '{big}' AND flow_active AND credential IS NOT NULL
             GROUP BY credential ORDER BY substr(credential, 16) LIMIT {COUNT}"
        );
        let [credentials, used] =
            [ids(&mut connection, &credentials).await, ids(&mut connection, &used).await];
        let mut one = async |number| ids(&mut connection, &rows::credential_id(number)).await.remove(0);
        let (steady, busiest) = (one(rows::STEADY).await, one(rows::BUSIEST).await);
        // Without those of the busiest credential, which has rows of its own in the table.
        let flows = format!(
            "SELECT id FROM flows WHERE workspace = '{big}' AND id NOT IN (
                 SELECT flow FROM flow_steps WHERE workspace = '{big}' AND credential = '{busiest}')
             ORDER BY substr(id, 10), id LIMIT {COUNT}"
        );
        let flows = parse(connection.texts(&flows, 0).await.unwrap());
        connection.close().await;
        Self { credentials, used, flows, steady, busiest }
    }
}

async fn ids(connection: &mut Connection, sql: &str) -> Vec<CredentialId> {
    parse(connection.texts(sql, 0).await.unwrap())
}

fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(texts: Vec<String>) -> Vec<T> {
    assert!(!texts.is_empty());
    texts.iter().map(|text| text.parse().unwrap()).collect()
}
