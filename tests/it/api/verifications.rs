//! What a verification owes to its credential: fresh tokens, an audit record before use, known destinations, proof.

use keystead::app::Actor;
use keystead::domain::rights::Right;
use serde_json::{Value, json};

use super::service::Service;
use crate::harness::databases::{Backend, on_both_databases};
use crate::harness::wasm::guest;

async fn stored(service: &Service, token: &str) -> String {
    let answer = service.post("/v1/credentials", token, &service.draft("good")).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.body["id"].as_str().unwrap().to_owned()
}

/// Changes the credential between the moment that it was read and the moment that its verification is recorded.
const CHANGE_ON_SQLITE: &str = "CREATE TRIGGER change AFTER INSERT ON audit WHEN NEW.outcome = 'started'
    BEGIN UPDATE credentials SET version = version + 1; END";
const CHANGE_ON_POSTGRES: &str = "CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN UPDATE credentials SET version = version + 1; RETURN NEW; END $$;
    CREATE TRIGGER change AFTER INSERT ON audit FOR EACH ROW WHEN (NEW.outcome = 'started') EXECUTE FUNCTION change()";

on_both_databases! {
    async fn a_verification_of_fields_that_changed_meanwhile_says_so(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let id = stored(&service, &token).await;
        let change = if service.database.backend == Backend::Sqlite { CHANGE_ON_SQLITE } else { CHANGE_ON_POSTGRES };
        service.database.sql(change).await.unwrap();
        let answer = service.call("POST", &format!("/v1/credentials/{id}/verify"), &token).await;
        assert_eq!(answer.outcome(), (409, "credential-changed"), "{}", answer.text);
        assert_eq!(service.database.number("SELECT COUNT(*) FROM verifications").await, 1, "nothing was recorded");
    }

    async fn two_verifications_share_neither_tokens_nor_randomness(db: Database) {
        let service = Service::over(db).await;
        let token = service.member(&[Right::Admin]).await;
        keystead::install::install(&service.app, &Actor::Operator, guest("observer")).await.unwrap();
        let fields = json!({"apiKey": "the-key-4711", "baseUrl": service.upstream.origin()});
        let mut told: Vec<Vec<String>> = Vec::new();
        for _ in 0..2 {
            let draft = json!({"component": "observer", "fields": fields});
            let answer = service.post("/v1/credentials?dry_run=true", &token, &draft).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            let log = answer.body["evidence"]["log"].as_array().unwrap();
            let texts = log.iter().map(|line| line["text"].as_str().unwrap());
            // `token 36 bytes, hash …` and `clock …, random hash …`.
            let hashes = texts.filter(|text| text.starts_with("token") || text.starts_with("clock"));
            told.push(hashes.map(|text| text.rsplit(' ').next().unwrap().to_owned()).collect());
        }
        assert_eq!((told[0].len(), told[1].len()), (3, 3), "{told:?}");
        assert!(told[0].iter().all(|hash| !told[1].contains(hash)), "{told:?}");
    }

    async fn a_stored_credential_follows_what_the_application_says_of_it(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let saved = service.post("/v1/credentials", &token, &service.draft("fickle")).await;
        let path = format!("/v1/credentials/{}/verify", saved.body["id"].as_str().unwrap());
        for (verdict, status) in [("invalid", "rejected"), ("undecided", "rejected"), ("valid", "verified")] {
            let answer = service.call("POST", &path, &token).await;
            assert_eq!((&answer.body["verdict"], &answer.body["credential"]["status"]), (&json!(verdict), &json!(status)));
        }
    }

    async fn a_use_that_cannot_be_recorded_does_not_happen(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let id = stored(&service, &token).await;
        assert_eq!(service.upstream.received().len(), 1);
        service.database.sql("ALTER TABLE audit RENAME TO audit_elsewhere").await.unwrap();
        let answer = service.call("POST", &format!("/v1/credentials/{id}/verify"), &token).await;
        assert_eq!(answer.status, 500, "{}", answer.text);
        assert_eq!(service.upstream.received().len(), 1, "the secret left without a record");
    }

    async fn stored_secrets_go_nowhere_else_than_where_they_were_saved_for(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let id = stored(&service, &token).await;
        let saved_for = r#"["apiKey https://elsewhere.example.com"]"#;
        let changed = service.database.sql(&format!("UPDATE credentials SET destinations = '{saved_for}'")).await;
        assert_eq!(changed.unwrap(), 1);
        let answer = service.call("POST", &format!("/v1/credentials/{id}/verify"), &token).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert_eq!(service.upstream.received().len(), 1, "the secret went to a destination that it was not saved for");
        let read = service.call("GET", &format!("/v1/credentials/{id}"), &token).await;
        assert_eq!(read.body["status"], "verified", "{}", read.text);
    }

    async fn an_answer_to_a_request_without_the_secret_proves_nothing(db: Database) {
        let service = Service::over(db).await;
        let token = service.member(&[Right::Admin]).await;
        keystead::install::install(&service.app, &Actor::Operator, guest("misbehave")).await.unwrap();
        let mut draft = service.draft("good");
        draft["component"] = "misbehave".into();
        draft["fields"]["mode"] = "liar-exchange".into();
        let answer = service.post("/v1/credentials", &token, &draft).await;
        assert_eq!((answer.outcome(), &answer.body["failure"]), ((502, "verifier-failed"), &json!("unproven")));
        assert_eq!(service.upstream.received().len(), 1, "the exchange was made");
        assert_eq!(service.call("GET", "/v1/credentials", &token).await.body["items"], Value::from(Vec::<Value>::new()));
    }
}
