//! Lists that come in pages.

use reqwest::{Method, Url};
use serde_json::Value;

use super::{Client, ClientError, address};

/// Items of a page: as many as the service gives at most.
const LIMIT: &str = "100";

/// A list that is read page by page, as far as somebody wants it.
pub struct Pages<'a> {
    client: &'a Client,
    /// Without a cursor.
    list: Url,
    next: Next,
}

/// Where a list goes on.
enum Next {
    Begin,
    After(String),
    End,
}

impl<'a> Pages<'a> {
    /// The list at `list`, from its beginning.
    pub(super) fn new(client: &'a Client, list: Url) -> Self {
        let list = address::with_query(list, &[("limit", Some(LIMIT))]);
        Self { client, list, next: Next::Begin }
    }

    /// The items of the next page, as the service tells them; none after the last page.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn next(&mut self) -> Result<Option<Vec<Value>>, ClientError> {
        let cursor = match &self.next {
            Next::Begin => None,
            Next::After(cursor) => Some(cursor.as_str()),
            Next::End => return Ok(None),
        };
        let url = address::with_query(self.list.clone(), &[("cursor", cursor)]);
        let (_, mut page) = self.client.call(self.client.request(Method::GET, url)).await?;
        let strange = || ClientError::NotKeystead(self.client.server.to_string());
        let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) else {
            return Err(strange());
        };
        let next = match page["next_cursor"].as_str() {
            None => Next::End,
            // It would never end.
            Some(same) if Some(same) == cursor => return Err(strange()),
            Some(other) => Next::After(other.to_owned()),
        };
        self.next = next;
        Ok(Some(items))
    }
}
