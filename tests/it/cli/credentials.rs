//! Credentials and where they are used, at the command line, at a service with a database.

use keystead::domain::rights::Right;
use serde_json::{Value, json};

use super::desk::Desk;
use crate::harness::databases::on_both_databases;

/// The command lines that a refusal prints, in order.
fn printed(stderr: &str) -> Vec<&str> {
    stderr
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| line.starts_with("keystead "))
        .collect()
}

on_both_databases! {
    async fn credential_in_use_is_kept_and_the_refusal_shows_ways_out_that_work(db: Database) {
        let desk = Desk::over(db).await;
        let (one, other) = (desk.credential("Old", "good").await, desk.credential("New", "good").await);
        desk.flow("orders", "Orders", &[("fetch", Some(&one)), ("send", Some(&one))]).await;
        desk.flow("bills", "Bills \u{202e}", &[("pay", Some(&one))]).await;
        desk.flow("draft", "Draft", &[("try", Some(&one))]).await;
        desk.activate("orders").await;
        desk.activate("bills").await;

        let delete = ["credential", "delete", &one, "--yes"];
        let said = desk.run(&delete).await.ended(1, &[
            &format!("error: credential `{one}` was not deleted: 3 steps of active flows use it\n"),
            "  flow bills (Bills \u{fffd}), active: step pay\n",
            "\n  flow orders (Orders), active: steps fetch, send\n",
            "\nhint: put another credential in its place, then delete this one:\n",
        ]);
        assert!(!said.stderr.contains("Draft") && said.stdout.is_empty(), "{said:?}");
        let lines = printed(&said.stderr);
        let expected = [
            "keystead credential list --component petstore --status verified".to_owned(),
            format!("keystead credential replace {one} --with OTHER"),
            format!("keystead credential delete {one}"),
            "keystead flow deactivate bills".to_owned(),
            "keystead flow deactivate orders".to_owned(),
            "keystead flow delete bills".to_owned(),
            "keystead flow delete orders".to_owned(),
        ];
        assert_eq!(lines, expected);

        // One flow less, by the second way.
        desk.paste(lines[3]).await.ended(0, &[]);
        let said = desk.run(&delete).await.ended(1, &["flow orders (Orders), active"]);
        assert!(!said.stderr.contains("bills"), "{said:?}");
        // The others by the first.
        let found = desk.paste(lines[0]).await.ended(0, &[]).stdout;
        assert!(found.contains(&other), "{found}");
        let moved = desk.paste(&lines[1].replace("OTHER", &other)).await.ended(0, &[]).stdout;
        assert_eq!(moved, format!(
            "moved 4 steps to {other}:\n  flow bills (Bills \u{fffd}), inactive: step pay\n  flow draft (Draft), inactive: step try\n  \
             flow orders (Orders), active: steps fetch, send\n"
        ));
        let said = desk.paste(&format!("{} --yes", lines[2])).await.ended(0, &[]);
        assert_eq!(said.stdout, format!("deleted {one}\n"));
        // And the flow that nobody needs, by the third.
        desk.paste(&format!("{} --yes", lines[6])).await.ended(0, &[]);
        let said = desk.run(&["credential", "delete", &other, "--yes"]).await.ended(0, &[]);
        assert_eq!(said.stdout, format!(
            "deleted {other}\n2 steps of inactive flows held it, and hold no credential now:\n  \
             flow bills (Bills \u{fffd}), inactive: step pay\n  flow draft (Draft), inactive: step try\n"
        ));
        let said = desk.run(&["credential", "list"]).await.ended(0, &["there is no such credential"]);
        assert_eq!(said.stdout, "");
    }

    async fn long_refusals_say_how_much_they_leave_out(db: Database) {
        let desk = Desk::over(db).await;
        let (one, other) = (desk.credential("Shop", "good").await, desk.credential("Other", "good").await);
        let names: Vec<String> = (0..23).map(|number| format!("step-{number:02}")).collect();
        let steps: Vec<(&str, Option<&str>)> = names.iter().map(|name| (name.as_str(), Some(one.as_str()))).collect();
        desk.flow("orders", "Orders", &steps).await;
        desk.activate("orders").await;
        let said = desk.run(&["credential", "delete", &one, "--yes"]).await.ended(1, &["\n  and 3 more steps\n"]);
        let usages = printed(&said.stderr).pop().unwrap().to_owned();
        let all = desk.paste(&usages).await.ended(0, &[]).stdout;
        assert_eq!(all.lines().count(), 24, "{all}");
        let moved = desk.run(&["credential", "replace", &one, "--with", &other]).await.ended(0, &[]).stdout;
        assert!(moved.starts_with("moved 23 steps to ") && moved.ends_with("\n  and 3 more steps\n"), "{moved}");
    }

    async fn credentials_are_listed_with_filters_and_shown_without_secrets(db: Database) {
        let desk = Desk::over(db).await;
        let (shop, busy) = (desk.credential("Shop \u{202e}a", "good").await, desk.credential("Busy & co", "busy").await);
        desk.flow("orders", "Orders", &[("fetch", Some(&shop)), ("send", Some(&shop))]).await;
        desk.activate("orders").await;
        desk.flow("draft", "Draft", &[("try", Some(&shop))]).await;

        let said = desk.run(&["credential", "list"]).await.ended(0, &[]);
        let id = " ".repeat(29);
        assert!(said.stdout.starts_with(&format!("ID{id}  COMPONENT  STATUS      USED                  NAME\n")), "{}", said.stdout);
        let row = |id: &str, status: &str, used: &str, name: &str| format!("{id}  petstore   {status:10}  {used:20}  {name}\n");
        let (first, second) = (row(&shop, "verified", "2 active, 1 inactive", "Shop \u{fffd}a"), row(&busy, "unverified", "-", "Busy & co"));
        assert!(said.stdout.contains(&first) && said.stdout.contains(&second), "{}", said.stdout);

        let listed = async |filter: &[&str]| {
            let words = [&["credential", "list", "--json"], filter].concat();
            let document: Value = serde_json::from_str(&desk.run(&words).await.ended(0, &[]).stdout).unwrap();
            let ids = document["items"].as_array().unwrap().iter();
            ids.map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (only_shop, only_busy, nobody) = ([shop.clone()], [busy.clone()], [""; 0]);
        assert_eq!(listed(&["--status", "unverified"]).await, only_busy);
        assert_eq!(listed(&["--flow", "orders"]).await, only_shop);
        assert_eq!(listed(&["--component", "other"]).await, nobody);
        assert_eq!(listed(&["--name-prefix", "Busy & "]).await, only_busy);
        assert_eq!(listed(&["--component", "petstore", "--name-prefix", "Shop", "--status", "verified"]).await, only_shop);
        desk.run(&["credential", "list", "--status", "fine"]).await.ended(2, &["known ones: verified, unverified"]);

        let shown = desk.run(&["credential", "show", &shop]).await.ended(0, &[]).stdout;
        let base = desk.service.upstream.origin();
        for (name, value) in [
            ("id", shop.as_str()),
            ("name", "Shop \u{fffd}a"),
            ("status", "verified"),
            ("held by", "2 steps of 1 active flow and 1 step of inactive flows"),
            ("last used", "-"),
            ("secrets", "/apiKey"),
            ("field baseUrl", &format!("{base}/good")),
        ] {
            let line = format!("{:14}  {value}", format!("{name}:"));
            assert!(shown.lines().any(|told| told == line), "not told: {line}\n{shown}");
        }
        let document = desk.run(&["credential", "show", &shop, "--json"]).await.ended(0, &[]).stdout;
        assert!(!document.contains("the-key-4711") && !shown.contains("the-key-4711"));
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!((&document["usage"]["active"], &document["usage"]["inactive"]), (&2.into(), &1.into()));

        let said = desk.run(&["credential", "usages", &shop]).await.ended(0, &[]);
        assert_eq!(said.stdout, "FLOW    STEP   STATE     NAME\ndraft   try    inactive  Draft\norders  fetch  active    Orders\norders  send   active    Orders\n");
        let document = desk.run(&["credential", "usages", &shop, "--json"]).await.ended(0, &[]).stdout;
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["items"][0], json!({"flow": "draft", "name": "Draft", "step": "try", "active": false}));
        desk.run(&["credential", "usages", &busy]).await.ended(0, &[&format!("no step holds `{busy}`")]);
    }

    async fn replacement_is_for_named_flows_and_for_what_works(db: Database) {
        let desk = Desk::over(db).await;
        let (one, other, busy) = (
            desk.credential("Shop", "good").await,
            desk.credential("Other", "good").await,
            desk.credential("Busy", "busy").await,
        );
        for id in ["a", "b", "c"] {
            desk.flow(id, id, &[("fetch", Some(&one))]).await;
            desk.activate(id).await;
        }
        let replace = async |from: &str, with: &str, more: &[&str]| {
            desk.run(&[&["credential", "replace", from, "--with", with], more].concat()).await
        };
        let said = replace(&one, &busy, &[]).await;
        said.ended(1, &[&format!("credential `{one}` was not replaced: the service answered 409"), "hint:", "--accept-unverified"]);
        replace(&one, &other, &["--flow", "a", "--flow", "nobody"]).await.ended(1, &["answered 422", "\n  /flows/1: "]);
        replace(&one, &one, &[]).await.ended(1, &["answered 422", "\n  /with: "]);
        replace(&one, "cred_01kb3x8f6v0q4s7t9w2y5z8a1c", &[]).await.ended(1, &["answered 422", "\n  /with: "]);
        replace("cred_01kb3x8f6v0q4s7t9w2y5z8a1c", &one, &[]).await.ended(1, &["answered 404"]);
        replace(&one, "other", &[]).await.ended(2, &["--with"]);

        let said = replace(&one, &other, &["--flow", "a", "--flow", "c"]).await.ended(0, &[]);
        assert_eq!(said.stdout, format!("moved 2 steps to {other}:\n  flow a (a), active: step fetch\n  flow c (c), active: step fetch\n"));
        let said = replace(&one, &busy, &["--accept-unverified", "--json"]).await.ended(0, &[]);
        let moved: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!((&moved["total"], &moved["moved"][0]["id"]), (&1.into(), &"b".into()));
        let said = replace(&one, &other, &[]).await.ended(0, &[]);
        assert_eq!(said.stdout, format!("no step holds {one}, nothing was moved\n"));
    }

    async fn deletion_needs_consent_and_its_right_alone(db: Database) {
        let desk = Desk::over(db).await;
        let (one, other) = (desk.credential("One", "good").await, desk.credential("Other", "good").await);
        let writer = desk.service.member(&[Right::CredentialsWrite]).await;
        let said = desk.run_as(&writer, &["credential", "delete", &one], "y\n").await;
        said.ended(2, &["no terminal to ask", "hint: give --yes"]);
        // Reading is another right, which the refusal does without.
        desk.flow("orders", "Orders", &[("fetch", Some(&one))]).await;
        desk.activate("orders").await;
        let said = desk.run_as(&writer, &["credential", "delete", &one, "--yes"], "").await;
        said.ended(1, &["flow orders (Orders), active: step fetch", "keystead credential list --status verified"]);
        let said = desk.run_as(&writer, &["credential", "delete", &other, "--yes", "--json"], "").await.ended(0, &[]);
        assert_eq!(serde_json::from_str::<Value>(&said.stdout).unwrap(), json!({"unlinked": [], "total": 0}));
        desk.run(&["credential", "show", &other]).await.ended(1, &["cannot show credential", "answered 404"]);
        let reader = desk.service.member(&[Right::CredentialsRead]).await;
        let said = desk.run_as(&reader, &["credential", "delete", &one, "--yes"], "").await;
        said.ended(1, &["answered 403", "credentials:write"]);
    }

    async fn component_is_removed_once_nothing_refers_to_it(db: Database) {
        let desk = Desk::over(db).await;
        let operator = desk.service.operator(&[Right::ComponentsInstall]).await;
        let one = desk.credential("One", "good").await;
        desk.flow("orders", "Orders", &[("fetch", Some(&one)), ("send", None)]).await;
        let remove = async || desk.run_as(&operator, &["plugin", "remove", "petstore", "--yes"], "").await;
        remove().await.ended(1, &[
            "component `petstore` was not removed: the service answered 409",
            "1 credential and 2 steps refer to the component",
            "\nhint: they may be in any workspace",
        ]);
        desk.run(&["credential", "delete", &one, "--yes"]).await.ended(0, &[]);
        desk.run(&["flow", "delete", "orders", "--yes"]).await.ended(0, &[]);
        desk.run_as(&operator, &["plugin", "remove", "petstore"], "y\n").await.ended(2, &["no terminal to ask"]);
        assert_eq!(remove().await.ended(0, &[]).stdout, "removed petstore\n");
        remove().await.ended(1, &["answered 404"]);
        desk.run(&["plugin", "list"]).await.ended(0, &["no component is installed"]);
    }
}
