//! Lists of credentials: one text for each set of filters, so that each one finds its index, whatever
//! the planner knows of the values.

use super::credentials::{Row, select_credentials};
use super::error::StoreError;
use super::transaction::{Access, Store, Tx};
use crate::domain::credential::{Credential, NAME, Status};
use crate::domain::id::{ComponentId, CredentialId, FlowId, WorkspaceId};

/// Which credentials to list.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    pub component: Option<ComponentId>,
    pub status: Option<Status>,
    /// Only those whose name begins with exactly this text.
    pub name_prefix: Option<String>,
    /// Only those that steps of this flow hold.
    pub flow: Option<FlowId>,
    /// Only those that come after this one.
    pub after: Option<Position>,
    pub limit: u32,
}

/// A place in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    pub id: CredentialId,
    /// Counts where the list is sorted by name.
    pub name: String,
}

impl Store {
    /// Credentials of a workspace by id, or with a prefix of names by name.
    pub async fn list_credentials(
        &self,
        workspace: &WorkspaceId,
        filter: ListFilter,
    ) -> Result<Vec<Credential>, StoreError> {
        read_tx!(self, Access::Workspace(workspace), tx => list(tx, workspace, &filter).await)
    }
}

/// The query for a set of filters: $1 workspace, $2 the id before, $3 limit, $4 component, $5 status, $8 flow.
macro_rules! query {
    ($($filter:expr),*) => {
        select_credentials!(
            " FROM credentials WHERE workspace = $1 AND id > $2",
            $($filter,)*
            " ORDER BY id LIMIT $3"
        )
    };
}

macro_rules! by_component {
    () => {
        " AND component = $4"
    };
}

macro_rules! by_status {
    () => {
        " AND status = $5"
    };
}

/// As `query`, in the order of the index of names, so that a page of a million is found as soon as one of
/// ten: $6 the name before or the prefix itself, $7 the end of the prefix.
macro_rules! query_by_name {
    ($($filter:expr),*) => {
        select_credentials!(
            " FROM credentials WHERE workspace = $1 AND (name, id) > ($6, $2) AND name < $7",
            $($filter,)*
            " ORDER BY name, id LIMIT $3"
        )
    };
}

/// A flow has few credentials: they come from its steps.
macro_rules! by_flow {
    () => {
        " AND id IN (SELECT credential FROM flow_steps WHERE workspace = $1 AND flow = $8)"
    };
}

/// The query for the filters of `$list`, with `$more` in each.
macro_rules! queries {
    ($list:expr $(, $more:expr)?) => {
        match ($list.component.is_some(), $list.status.is_some(), $list.name_prefix.is_some()) {
            (false, false, false) => query!($($more)?),
            (true, false, false) => query!(by_component!() $(, $more)?),
            (false, true, false) => query!(by_status!() $(, $more)?),
            (true, true, false) => query!(by_component!(), by_status!() $(, $more)?),
            (false, false, true) => query_by_name!($($more)?),
            (true, false, true) => query_by_name!(by_component!() $(, $more)?),
            (false, true, true) => query_by_name!(by_status!() $(, $more)?),
            (true, true, true) => query_by_name!(by_component!(), by_status!() $(, $more)?),
        }
    };
}

impl ListFilter {
    /// The text of the query for these filters.
    pub fn query(&self) -> &'static str {
        if self.flow.is_some() { queries!(self, by_flow!()) } else { queries!(self) }
    }
}

async fn list(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    filter: &ListFilter,
) -> Result<Vec<Credential>, StoreError> {
    let prefix = filter.name_prefix.as_deref().unwrap_or_default();
    let until = end_of_prefix(prefix);
    let from = filter.after.as_ref().map_or(prefix, |after| after.name.as_str());
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(filter.query())
        .bind(workspace.as_str())
        .bind(filter.after.as_ref().map_or("", |after| after.id.as_str()))
        .bind(i64::from(filter.limit))
        .bind(filter.component.as_ref().map(ComponentId::as_str))
        .bind(filter.status.map(Status::as_str))
        .bind(from)
        .bind(until.as_str())
        .bind(filter.flow.as_ref().map(FlowId::as_str))
        .fetch_all(c).await?);
    rows.into_iter().map(Row::read).collect()
}

/// The first text behind all texts that begin with `prefix`. Both databases compare the bytes of UTF-8,
/// which is the order of code points.
fn end_of_prefix(prefix: &str) -> String {
    let mut rest: Vec<char> = prefix.chars().collect();
    while let Some(last) = rest.pop() {
        // Steps over the surrogates, which are no characters.
        if let Some(next) = (last..=char::MAX).nth(1) {
            rest.push(next);
            return rest.into_iter().collect();
        }
    }
    // No name is longer.
    char::MAX.to_string().repeat(NAME + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_lies_behind_all_its_texts() {
        for (prefix, end) in
            [("a", "b"), ("Shop 9", "Shop :"), ("%_", "%`"), ("\u{d7ff}", "\u{e000}"), ("x\u{10ffff}", "y")]
        {
            assert_eq!(end_of_prefix(prefix), end);
        }
        for prefix in ["", "\u{10ffff}"] {
            let longest = format!("{prefix}{}", char::MAX.to_string().repeat(NAME - prefix.chars().count()));
            assert!(end_of_prefix(prefix) > longest);
        }
    }
}
