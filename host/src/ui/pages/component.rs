//! The credentials of a component.

use std::cmp::Reverse;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::api::Problem;
use crate::catalogue::State as Running;
use crate::domain::credential::{Credential, Status};
use crate::domain::id::ComponentId;
use crate::domain::rights::Right;
use crate::store::ListFilter;
use crate::ui::Ui;
use crate::ui::badges::Badge;
use crate::ui::layout::{Layout, Section, show};
use crate::ui::marks::Mark;
use crate::ui::member::Member;
use crate::ui::notices::Notice;
use crate::ui::params::{Asked, Id};
use crate::ui::texts::{TEXTS, count, fill};
use crate::ui::times::Time;
use crate::ui::usages::usage_in_words;

/// Credentials that are searched and sorted here; of more, only the beginning of names is looked at.
const SEARCHED: u32 = 1000;

/// Rows of a page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "component.html")]
struct ComponentPage {
    page: Layout,
    base: String,
    mark: Mark,
    total: u64,
    counted: String,
    fault: Option<String>,
    query: String,
    orders: Vec<OrderChoice>,
    limit_note: Option<String>,
    rows: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
    may_create: bool,
}

struct OrderChoice {
    value: &'static str,
    text: &'static str,
    is_chosen: bool,
}

/// A credential in the list.
struct Row {
    href: String,
    name: String,
    account: String,
    badge: Badge,
    verified_at: Option<Time>,
    usage: String,
}

/// `GET /w/{workspace}/components/{id}`
pub(in crate::ui) async fn list(
    State(ui): State<Ui>,
    member: Member,
    Id(id): Id<ComponentId>,
    asked: Asked,
    notice: Notice,
) -> Result<Response, Problem> {
    member.require(Right::CredentialsRead)?;
    let (store, workspace) = (&ui.api.app.store, &member.workspace);
    let component = ui.api.app.catalogue.find(&id).ok_or_else(Problem::not_found)?;
    let total = store.count_credentials(Some(workspace)).await?.get(&id).map_or(0, |count| count.total);
    let query = asked.get("q").unwrap_or_default().trim().to_owned();
    let is_large = total > u64::from(SEARCHED);
    let filter = ListFilter {
        component: Some(id.clone()),
        name_prefix: Some(if is_large { query.clone() } else { String::new() }),
        limit: SEARCHED,
        ..ListFilter::default()
    };
    let mut found = store.list_credentials(workspace, filter).await?;
    if !is_large {
        found.retain(|credential| matches(credential, &query));
    }
    let sort = asked.get("sort").unwrap_or_default();
    order(&mut found, sort);

    let base = format!("/w/{workspace}/components/{id}");
    let number = asked.get("page").and_then(|text| text.parse().ok()).unwrap_or(1_usize).max(1);
    let first = (number - 1).saturating_mul(PAGE).min(found.len());
    let last = (first + PAGE).min(found.len());
    let page_at = |number: usize| {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        pairs.append_pair("q", &query).append_pair("sort", sort).append_pair("page", &number.to_string());
        format!("{base}?{}", pairs.finish())
    };
    let next = (last < found.len()).then(|| page_at(number + 1));
    let previous = (first > 0).then(|| page_at(number - 1));
    let row = |credential: &Credential| Row {
        href: format!("/w/{workspace}/credentials/{}", credential.id),
        name: credential.name.clone(),
        account: credential.account.as_ref().map(|account| account.label.clone()).unwrap_or_default(),
        badge: Badge::of_credential(credential.status),
        verified_at: credential.verified_at.map(Time::from),
        usage: usage_in_words(&credential.usage),
    };
    let fault = match &component.state {
        Running::Active { .. } => None,
        Running::Faulty(reason) => Some(format!("{}: {reason}", TEXTS.faulty_title)),
    };
    Ok(show(&ComponentPage {
        page: member.layout(Section::Credentials, &component.title).noticing(notice.0),
        mark: Mark::of(&component),
        total,
        counted: count(total, TEXTS.credential_one, TEXTS.credential_many),
        may_create: member.may(Right::CredentialsWrite) && fault.is_none(),
        fault,
        orders: orders(sort),
        limit_note: is_large.then(|| fill(TEXTS.search_limit, &[("n", &SEARCHED)])),
        rows: found.get(first..last).unwrap_or_default().iter().map(row).collect(),
        query,
        previous,
        next,
        base,
    }))
}

/// Whether name or account hold the text, whatever its case.
fn matches(credential: &Credential, text: &str) -> bool {
    let text = text.to_lowercase();
    let account = credential.account.as_ref().map_or("", |account| &account.label);
    credential.name.to_lowercase().contains(&text) || account.to_lowercase().contains(&text)
}

fn orders(chosen: &str) -> Vec<OrderChoice> {
    let known = [
        ("name", TEXTS.sort_name),
        ("newest", TEXTS.sort_newest),
        ("verified", TEXTS.sort_verified),
        ("status", TEXTS.sort_status),
    ];
    let choice = |(value, text)| OrderChoice { value, text, is_chosen: value == chosen };
    known.into_iter().map(choice).collect()
}

fn order(credentials: &mut [Credential], by: &str) {
    match by {
        "newest" => credentials.sort_by_cached_key(|credential| Reverse(credential.id.clone())),
        "verified" => credentials.sort_by_key(|credential| Reverse(credential.verified_at)),
        "status" => credentials.sort_by_key(|credential| credential.status == Status::Verified),
        _ => credentials.sort_by_cached_key(|credential| credential.name.to_lowercase()),
    }
}
