use super::*;

#[test]
fn names_that_are_no_field_are_refused_and_change_nothing() {
    let long = "x".repeat(5000);
    let schema = kitchen();
    let before = object(json!({"apiKey": "k"}));
    for name in [
        "__proto__",
        "/__proto__",
        "/constructor/prototype",
        "/a/b/../c",
        "/region/../apiKey",
        "",
        "/",
        "apiKey",
        "/apiKey/",
        "//apiKey",
        "/apiKey/0",
        "/region",
        "/scopes/0",
        "/properties/apiKey",
        "/grant",
        "forget:",
        "forget:/label",
        "forget:apiKey",
        "forget:forget:/apiKey",
        "/apiKey\0",
        "/~2",
        "/a~1b",
        "\u{202e}",
        "<script>",
        &long,
    ] {
        let posted = posted(&[(name, "s3cret")]);
        for result in [read_new(&schema, &posted), read_patch(&schema, &Stored::new(&before, &[]), &posted)] {
            let violations = result.err().unwrap();
            let told: Vec<_> =
                violations.iter().filter(|one| one.message == "is not a field of this component").collect();
            assert_eq!(told.len(), 1, "{name:?}: {:?}", lines(&violations));
            assert!(
                told[0].pointer.starts_with('/') && told[0].pointer.len() < 300,
                "{name:?}: {}",
                told[0].pointer
            );
            assert!(!told[0].pointer.chars().any(char::is_control));
            assert!(!lines(&violations).concat().contains("s3cret"));
        }
        let (form, _) = Form::posted(&schema, &Stored::nothing(), &posted, &[]);
        assert!(!format!("{form:?}").contains("s3cret"), "{name:?}");
    }
}

#[test]
fn a_name_that_comes_twice_is_refused() {
    let schema = kitchen();
    for name in ["/label", "/apiKey", "/sandbox", "forget:/apiKey"] {
        let posted = posted(&[(name, "s3cret1"), (name, "s3cret2"), (name, "s3cret2")]);
        for result in [read_new(&schema, &posted), read_patch(&schema, &Stored::nothing(), &posted)] {
            let told = lines(&result.err().unwrap());
            let pointer = name.trim_start_matches("forget:");
            assert!(told.contains(&format!("{pointer} was sent more than once")), "{told:?}");
            assert!(!told.concat().contains("s3cret"), "{told:?}");
        }
    }
}

#[test]
fn the_pages_own_pairs_are_taken_out_first() {
    let mut posted = posted(&[("name", "Mine"), ("/label", "x"), ("name", "twice")]);
    assert_eq!(posted.take("name").as_deref(), Some("Mine"));
    assert_eq!(posted.take("other"), None);
    let told = lines(&read_new(&kitchen(), &posted).err().unwrap());
    assert!(told.contains(&"/name is not a field of this component".to_owned()), "{told:?}");
}

#[test]
fn texts_of_any_kind_are_kept_and_never_break_a_form() {
    let schema = kitchen();
    for text in [
        "<script>alert(1)</script>",
        "\0",
        "\u{202e}",
        "\r\n\r\n",
        "{}",
        "null",
        "é".repeat(9000).as_str(),
        "2026-01-31Té:00",
    ] {
        let pairs: Vec<_> = schema.fields().iter().map(|field| (field.pointer.as_str(), text)).collect();
        let pairs: Vec<_> = pairs.into_iter().filter(|(name, _)| *name != "/grant").collect();
        let posted = posted(&pairs);
        let violations = read_new(&schema, &posted).err().unwrap_or_default();
        assert!(violations.iter().all(|one| !one.message.contains("script")));
        let (form, _) = Form::posted(&schema, &Stored::nothing(), &posted, &violations);
        assert_eq!(form.control("/label").unwrap().value, text.replace("\r\n", "\n"));
        assert_eq!(summary(&form, &[]).is_empty(), text.trim().is_empty(), "{text:?}");
    }
}
