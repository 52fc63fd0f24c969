//! Flows at the command line, at a service with a database.

use serde_json::Value;

use super::desk::Desk;
use crate::harness::databases::on_both_databases;

on_both_databases! {
    async fn flow_is_put_shown_switched_and_deleted(db: Database) {
        let desk = Desk::over(db).await;
        let credential = desk.credential("Shop", "good").await;
        let none = desk.run(&["flow", "list"]).await.ended(0, &["there is no flow", "keystead flow put"]);
        assert_eq!(none.stdout, "");

        desk.write("orders.json", r#"{"name": "Orders", "steps": [{"id": "fetch", "component": "petstore"}]}"#);
        let said = desk.run(&["flow", "put", "orders", "orders.json"]).await;
        let said = said.ended(0, &["step fetch (petstore) needs a credential before the flow can be active"]);
        assert_eq!(said.stdout, "created flow orders (Orders), inactive, 1 step\n");

        let body = format!(
            r#"{{"name": "All orders", "steps": [{{"id": "fetch", "component": "petstore", "credential": "{credential}"}},
            {{"id": "a:b@c~", "component": "petstore", "credential": "{credential}"}}]}}"#
        );
        let said = desk.run_as(&desk.token, &["flow", "put", "orders", "-"], &body).await.ended(0, &[]);
        assert_eq!(said.stdout, "replaced flow orders (All orders), inactive, 2 steps\n");
        assert_eq!(said.stderr, "");

        let said = desk.run(&["flow", "activate", "orders"]).await.ended(0, &[]);
        assert_eq!(said.stdout, "flow orders (All orders), active, 2 steps\n");
        let shown = desk.run(&["flow", "show", "orders"]).await.ended(0, &[]).stdout;
        assert!(shown.starts_with("id:       orders\nname:     All orders\nstate:    active\n"), "{shown}");
        let (_, steps) = shown.split_once("\n\n").unwrap();
        let [head, one, other] =
            ["STEP    COMPONENT  CREDENTIAL", "fetch   petstore   ", "a:b@c~  petstore   "];
        assert_eq!(steps, format!("{head}\n{one}{credential}\n{other}{credential}\n"));
        let document = desk.run(&["flow", "show", "orders", "--json"]).await.ended(0, &[]).stdout;
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!((&document["active"], &document["steps"][1]["id"]), (&true.into(), &"a:b@c~".into()));

        let said = desk.run(&["flow", "deactivate", "orders", "--json"]).await.ended(0, &[]).stdout;
        assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["active"], false);
        // Nothing is deleted without consent, and what is piped in is nobody's.
        let said = desk.run_as(&desk.token, &["flow", "delete", "orders"], "y\n").await;
        said.ended(2, &["no terminal to ask", "hint: give --yes"]);
        let said = desk.run(&["flow", "delete", "orders", "--yes"]).await.ended(0, &[]);
        assert_eq!(said.stdout, "deleted flow orders\n");
        let gone = desk.run(&["flow", "show", "orders"]).await;
        let gone = gone.ended(1, &["error: cannot show flow `orders`: the service answered 404"]);
        assert_eq!(gone.stdout, "");
    }

    async fn step_is_given_a_credential_and_loses_it(db: Database) {
        let desk = Desk::over(db).await;
        let credential = desk.credential("Shop", "good").await;
        desk.flow("orders", "Orders", &[("fetch", None)]).await;
        let said = desk.run(&["flow", "choose", "orders", "fetch", &credential]).await.ended(0, &[]);
        assert_eq!(said.stdout, "flow orders (Orders), inactive, 1 step\n");
        let shown = desk.run(&["flow", "show", "orders"]).await.ended(0, &[]).stdout;
        assert!(shown.contains(&credential), "{shown}");
        desk.run(&["flow", "activate", "orders"]).await.ended(0, &[]);
        desk.run(&["flow", "choose", "orders", "fetch", "--none"]).await.ended(1, &[
            "error: step `fetch` of flow `orders` was not changed: 1 step is not ready\n",
            "  step fetch (petstore): has no credential\n",
        ]);
        desk.run(&["flow", "deactivate", "orders"]).await.ended(0, &[]);
        desk.run(&["flow", "choose", "orders", "fetch", "--none"]).await.ended(0, &[]);
        let shown = desk.run(&["flow", "show", "orders"]).await.ended(0, &[]).stdout;
        assert!(shown.contains("missing"), "{shown}");
        for wrong in [&["flow", "choose", "orders", "fetch"][..], &["flow", "choose", "orders", "fetch", &credential, "--none"]] {
            desk.run(wrong).await.ended(2, &["--none"]);
        }
        desk.run(&["flow", "choose", "orders", "gone", "--none"]).await.ended(1, &["the service answered 404"]);
    }

    async fn flow_that_is_not_ready_is_refused_with_its_steps_and_what_to_do(db: Database) {
        let desk = Desk::over(db).await;
        let good = desk.credential("Shop", "good").await;
        let fickle = desk.credential("Fickle", "fickle").await;
        let rejected = desk.service.call("POST", &format!("/v1/credentials/{fickle}/verify"), &desk.token).await;
        assert_eq!(rejected.body["credential"]["status"], "rejected", "{rejected:?}");
        let steps = [("fetch", None), ("pay", Some(good.as_str())), ("send", Some(fickle.as_str()))];
        desk.flow("orders", "Orders", &steps).await;
        let said = desk.run(&["flow", "activate", "orders"]).await.ended(1, &[
            "error: flow `orders` was not activated: 2 steps are not ready\n",
            "  step fetch (petstore): has no credential\n",
            &format!("\n  step send (petstore): the application has rejected {fickle}\n"),
            "\nhint: give each of these steps a credential that works",
        ]);
        assert!(!said.stderr.contains("step pay") && said.stdout.is_empty(), "{said:?}");
        // The command line in the hint finds one.
        let line = said.stderr.lines().last().unwrap().trim();
        let found = desk.paste(line).await.ended(0, &[]).stdout;
        assert!(found.contains(&good) && !found.contains(&fickle), "{line}: {found}");

        // An active flow is left as it is rather than broken.
        desk.flow("orders", "Orders", &[("fetch", Some(&good))]).await;
        desk.run(&["flow", "activate", "orders"]).await.ended(0, &[]);
        let body = r#"{"name": "Broken", "steps": [{"id": "fetch", "component": "petstore"}]}"#;
        let said = desk.run_as(&desk.token, &["flow", "put", "orders", "-"], body).await;
        said.ended(1, &["flow `orders` was not put: 1 step is not ready\n  step fetch (petstore): has no credential"]);
        let shown = desk.run(&["flow", "show", "orders"]).await.ended(0, &[]).stdout;
        assert!(shown.contains("name:     Orders\nstate:    active\n"), "{shown}");
    }

    async fn what_is_wrong_with_a_flow_is_told_where_it_is(db: Database) {
        let desk = Desk::over(db).await;
        let put = async |body: &str| desk.run_as(&desk.token, &["flow", "put", "orders", "-"], body).await;
        put(r#"{"name": "Orders", "name": "x"}"#).await.ended(2, &["the flow in standard input is not acceptable JSON at line 1"]);
        put("[]").await.ended(2, &["must be an object"]);
        let body = r#"{"name": "Orders", "steps": [{"id": "a", "component": "petstore"}, {"id": "b", "component": "smtp"}]}"#;
        put(body).await.ended(1, &["flow `orders` was not put: the service answered 422: ", "\n  /steps/1/component: "]);
        let body = r#"{"name": "Orders", "steps": [{"id": "a", "component": "petstore"}, {"id": "a", "component": "petstore"}]}"#;
        put(body).await.ended(1, &["the service answered 422: ", "\n  /steps/1/id: "]);
        desk.run(&["flow", "put", "orders", "missing.json"]).await.ended(2, &["cannot read the flow from `missing.json`"]);
        for id in ["..", "a/b", "a b", "", "ü"] {
            desk.run(&["flow", "show", id]).await.ended(2, &["'<ID>'", "1 to 200 of A-Z"]);
        }
        let none = desk.run(&["flow", "list", "--json"]).await.ended(0, &[]).stdout;
        assert_eq!(serde_json::from_str::<Value>(&none).unwrap(), serde_json::json!({"items": [], "next_cursor": null}));
    }

    async fn lists_follow_all_pages(db: Database) {
        let desk = Desk::over(db).await;
        for number in 0..203 {
            desk.flow(&format!("flow-{number:03}"), "Names \u{202e}backwards", &[]).await;
        }
        for id in ["flow-007", "flow-150"] {
            desk.activate(id).await;
        }
        let said = desk.run(&["flow", "list"]).await.ended(0, &[]);
        let lines: Vec<&str> = said.stdout.lines().collect();
        assert_eq!((lines.len(), lines[0]), (204, "ID        STATE     STEPS  NAME"));
        assert_eq!(lines[8], "flow-007  active    0      Names \u{fffd}backwards");
        assert!(lines[203].starts_with("flow-202  inactive  0 "), "{:?}", lines[203]);

        let all = desk.run(&["flow", "list", "--json"]).await.ended(0, &[]).stdout;
        assert!(!all.contains('\u{202e}'), "shown as it is: {all}");
        let document: Value = serde_json::from_str(&all).unwrap();
        assert_eq!((document["items"].as_array().unwrap().len(), &document["next_cursor"]), (203, &Value::Null));
        assert_eq!(document["items"][202]["name"], "Names \u{202e}backwards");
        let active = desk.run(&["flow", "list", "--active", "--json"]).await.ended(0, &[]).stdout;
        let active: Value = serde_json::from_str(&active).unwrap();
        let ids: Vec<&str> = active["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["flow-007", "flow-150"]);
        let inactive = desk.run(&["flow", "list", "--inactive"]).await.ended(0, &[]).stdout;
        assert_eq!(inactive.lines().count(), 202);
        desk.run(&["flow", "list", "--active", "--inactive"]).await.ended(2, &["cannot be used with"]);
    }
}
