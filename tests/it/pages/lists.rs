//! Many credentials and flows.

use super::site::Site;
use super::visitor::{Page, Visitor};
use crate::harness::databases::{Backend, fresh, on_both_databases};

const LIST: &str = "/w/default/components/petstore";

/// The names in a list.
fn names(page: &Page) -> Vec<String> {
    let links = page.html.all("a").filter(|link| link.attribute("class") == Some("row-link"));
    links.map(|link| page.html.text_of(link).to_owned()).collect()
}

/// Where the link with this relation leads to.
fn link(page: &Page, rel: &str) -> Option<String> {
    let link = page.html.all("a").find(|link| link.attribute("rel") == Some(rel));
    link.map(|link| link.attribute("href").unwrap().to_owned())
}

/// The names on every page of a list, by the links that lead on.
async fn walk(visitor: &Visitor<'_>, path: &str) -> Vec<Vec<String>> {
    let (mut pages, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let page = visitor.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        pages.push(names(&page));
        next = link(&page, "next");
        assert!(pages.len() < 10);
    }
    pages
}

/// So many copies of a credential, `Shop 001` and on, every second one rejected, every third one in lower case.
async fn seed(site: &Site, count: usize) {
    site.credential("Shop 000").await;
    const KEPT: &str = "workspace, component, public_fields, secrets, destinations, version, release_version, \
         release_digest, record, key_id, created_at, updated_at";
    let statement = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})
         INSERT INTO credentials ({KEPT}, id, name, status, account_id, account_label, verified_at)
         SELECT {KEPT}, substr(id, 1, length(id) - 6) || CAST(100000 + i AS text),
             CASE WHEN i % 3 = 0 THEN 'shop ' ELSE 'Shop ' END || substr(CAST(10000 + (i * 7) % {count} AS text), 2),
             CASE WHEN i % 2 = 0 THEN 'verified' ELSE 'rejected' END,
             'id', 'Customer ' || CAST(i AS text), verified_at + i
         FROM credentials CROSS JOIN n",
        count - 1
    );
    site.service.database.sql(&statement).await.unwrap();
}

on_both_databases! {
    async fn sixty_credentials_are_paged_searched_and_sorted(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        seed(&site, 60).await;
        let page = ada.get("/w/default/credentials").await;
        page.check_says(200, "60");
        page.check_says(200, "30 need attention");
        ada.get(LIST).await.check_says(200, "60 credentials");

        let pages = walk(&ada, LIST).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 10]);
        let all: Vec<String> = pages.concat().iter().map(|name| name.to_lowercase()).collect();
        let mut sorted = all.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(all, sorted, "each once, by name, upper and lower case alike");
        // And back.
        let second = ada.get(&link(&ada.get(LIST).await, "next").unwrap()).await;
        let first = ada.get(&link(&second, "prev").unwrap()).await;
        assert_eq!(names(&first), pages[0]);

        for (query, count) in [("shop", 60), ("SHOP 000", 10), ("customer 5", 11), ("Customer 59", 1), ("  0004 ", 1), ("nothing", 0), ("%25", 0), ("_", 0)] {
            let query = query.replace(' ', "+");
            let found = walk(&ada, &format!("{LIST}?q={query}&sort=name")).await.concat();
            assert_eq!(found.len(), count, "{query}");
        }
        let page = ada.get(&format!("{LIST}?q=nothing")).await;
        page.check_says(200, "Nothing found");
        assert_eq!(page.html.value("q").as_deref(), Some("nothing"));

        let newest = walk(&ada, &format!("{LIST}?sort=newest")).await.concat();
        let oldest = &newest[59];
        assert_eq!((newest.len(), oldest.as_str() == "Shop 000" || newest[0] == "Shop 000"), (60, true));
        let verified = walk(&ada, &format!("{LIST}?sort=verified")).await.concat();
        assert_eq!((verified.len(), verified[59].as_str()), (60, "Shop 000"));
        // The search and the order go on through the pages.
        let page = ada.get(&format!("{LIST}?q=shop&sort=status")).await;
        let statuses: Vec<bool> = {
            let text = page.text.split("row-link").skip(1);
            text.map(|row| row.split("</tr>").next().unwrap().contains("Rejected")).collect()
        };
        assert_eq!(statuses.iter().position(|rejected| !rejected), Some(30));
        assert!(statuses[30..].iter().all(|rejected| !rejected));
        let next = link(&page, "next").unwrap();
        assert!(next.contains("q=shop") && next.contains("sort=status") && next.contains("page=2"), "{next}");
        for odd in ["page=0", "page=-1", "page=x", "page=99999999999999999999", "page=3", "sort=none", "page=18446744073709551615"] {
            assert_eq!(ada.get(&format!("{LIST}?{odd}")).await.status, 200, "{odd}");
        }
    }

    async fn sixty_flows_are_paged(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        for n in 0..60 {
            site.flow(&format!("flow-{n:02}"), &[]).await;
        }
        let mut seen = 0;
        let mut next = Some("/w/default/flows".to_owned());
        while let Some(path) = next {
            let page = ada.get(&path).await;
            let links = page.html.links();
            seen += links.iter().filter(|link| link.starts_with("/w/default/flows/flow-")).count();
            next = links.iter().find(|link| link.contains("after=")).map(|link| (*link).to_owned());
        }
        assert_eq!(seen, 60);
    }
}

#[tokio::test]
async fn of_more_than_a_thousand_the_beginnings_of_names_are_searched_and_that_is_told() {
    let site = Site::over(fresh(Backend::Sqlite).await).await;
    let ada = site.ada().await;
    seed(&site, 1_001).await;
    let page = ada.get(LIST).await;
    page.check_says(200, "There are more than 1000 credentials");
    page.check_says(200, "1001 credentials");
    assert_eq!(names(&page).len(), 50);
    let found = walk(&ada, &format!("{LIST}?q=Shop+012")).await.concat();
    assert!(!found.is_empty() && found.iter().all(|name| name.starts_with("Shop 012")), "{found:?}");
}
