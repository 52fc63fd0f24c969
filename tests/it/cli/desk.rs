//! Somebody at a command line, with a token for a service that has the Petstore's plugin.

use std::sync::Arc;

use keystead::domain::rights::Right;
use serde_json::{Value, json};

use super::place::{Place, Said};
use crate::api::service::Service;
use crate::harness::databases::Database;

pub struct Desk {
    pub service: Service,
    /// `http://127.0.0.1:PORT`.
    pub address: String,
    /// Of workspace `default`, with all rights there.
    pub token: String,
    place: Arc<Place>,
}

impl Desk {
    pub async fn over(database: Database) -> Desk {
        let service = Service::with_petstore(database).await;
        let token = service.member(&[Right::Admin]).await;
        let (address, _) = service.listen(std::future::pending()).await;
        Desk { service, address: format!("http://{address}"), token, place: Arc::new(Place::new()) }
    }

    /// Writes a file beside the person.
    pub fn write(&self, name: &str, content: &str) {
        self.place.write(name, content);
    }

    /// Runs `keystead` with these words.
    pub async fn run(&self, words: &[&str]) -> Said {
        self.run_as(&self.token, words, "").await
    }

    /// The same with another token, and with text on standard input.
    pub async fn run_as(&self, token: &str, words: &[&str], input: &str) -> Said {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let (place, input) = (self.place.clone(), input.to_owned());
        let environment = [("KEYSTEAD_SERVER", self.address.clone()), ("KEYSTEAD_TOKEN", token.to_owned())];
        // The service answers on the test's own thread.
        let run = move || {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
            place.run_with(&words, &environment, &input)
        };
        let said = tokio::task::spawn_blocking(run).await.unwrap();
        assert!(!said.stdout.contains(token) && !said.stderr.contains(token), "{said:?}");
        said
    }

    /// Runs a command line as it was printed: every word is one.
    pub async fn paste(&self, line: &str) -> Said {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[0], "keystead", "{line}");
        self.run(&words[1..]).await
    }

    /// The id of a new credential for the Petstore; `shop` is one of the upstream's.
    pub async fn credential(&self, name: &str, shop: &str) -> String {
        let mut draft = self.service.draft(shop);
        draft["name"] = name.into();
        draft["accept_unverified"] = true.into();
        let saved = self.service.post("/v1/credentials", &self.token, &draft).await;
        assert_eq!(saved.status, 201, "{saved:?}");
        saved.body["id"].as_str().unwrap().to_owned()
    }

    /// Puts a flow of steps that talk to the Petstore.
    pub async fn flow(&self, id: &str, name: &str, steps: &[(&str, Option<&str>)]) {
        let steps: Vec<Value> = steps
            .iter()
            .map(|(id, credential)| json!({"id": id, "component": "petstore", "credential": credential}))
            .collect();
        let body = json!({"name": name, "steps": steps});
        let put = self.service.put(&format!("/v1/flows/{id}"), &self.token, &body).await;
        assert!(matches!(put.status, 200 | 201), "{put:?}");
    }

    /// Activates a flow.
    pub async fn activate(&self, id: &str) {
        self.service.activate(&self.token, id).await;
    }
}
