//! What the dialect demands of conditions.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::domain::json::escape_step;

/// Refuses what is not the one shape of a condition, or contradicts the object that it stands in.
pub(in crate::domain::descriptor) fn check(
    schema: &Value,
    properties: &Map<String, Value>,
    at: &str,
    refuse: &mut impl FnMut(String, String),
) {
    let conditions = match schema.get("allOf") {
        None => return,
        Some(Value::Array(conditions)) if !conditions.is_empty() => conditions,
        Some(_) => return refuse(format!("{at}/allOf"), "must be a list of one or more conditions".into()),
    };
    let required: HashSet<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut above: HashMap<&str, (&str, usize)> = HashMap::new();
    for (index, condition) in conditions.iter().enumerate() {
        let at = format!("{at}/allOf/{index}");
        closed(Some(condition), &at, &["if", "then", "else"], refuse);
        let decider = check_if(condition.get("if"), properties, &format!("{at}/if"), refuse);
        let mut dependents = Vec::new();
        let members = named(condition.get("else"), &format!("{at}/else"), refuse);
        for (name, member) in members.into_iter().flatten() {
            let problem = match name.as_str() {
                name if !properties.contains_key(name) => "must be one of the properties of this object",
                name if Some(name) == decider => "must not be the property that decides",
                _ if *member != Value::Bool(false) => "must be false",
                name if above.contains_key(name) => "belongs to an earlier condition already",
                name if required.contains(name) => "must not stand under `required` of the object as well",
                name => {
                    dependents.push(name);
                    above.insert(name, (decider.unwrap_or_default(), index));
                    continue;
                }
            };
            refuse(format!("{at}/else/properties/{}", escape_step(name)), problem.into());
        }
        check_then(condition.get("then"), &dependents, &format!("{at}/then"), refuse);
    }
    check_circles(&above, at, refuse);
}

/// Refuses members beyond `names`, and what is no object.
fn closed(value: Option<&Value>, at: &str, names: &[&str], refuse: &mut impl FnMut(String, String)) {
    let Some(Value::Object(members)) = value else {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        return refuse(at.to_owned(), format!("must be an object of {}", names.join(", ")));
    };
    for name in members.keys().filter(|name| !names.contains(&name.as_str())) {
        refuse(
            format!("{at}/{}", escape_step(name)),
            "is a keyword that a condition does not have here".into(),
        );
    }
}

/// The members of `else`'s one keyword.
fn named<'a>(
    part: Option<&'a Value>,
    at: &str,
    refuse: &mut impl FnMut(String, String),
) -> Option<&'a Map<String, Value>> {
    closed(part, at, &["properties"], refuse);
    let members = part.and_then(|part| part.get("properties")).and_then(Value::as_object);
    if part.is_some_and(Value::is_object) && members.is_none_or(Map::is_empty) {
        refuse(format!("{at}/properties"), "must name the properties that belong to this choice".into());
    }
    members
}

/// Returns the name of the deciding property, where there is one.
fn check_if<'a>(
    part: Option<&'a Value>,
    properties: &Map<String, Value>,
    at: &str,
    refuse: &mut impl FnMut(String, String),
) -> Option<&'a str> {
    closed(part, at, &["properties", "required"], refuse);
    let part = part.filter(|part| part.is_object())?;
    let members = part.get("properties").and_then(Value::as_object).filter(|members| members.len() == 1);
    let Some((name, test)) = members.and_then(|members| members.iter().next()) else {
        refuse(format!("{at}/properties"), "must name one property, the one that decides".into());
        return None;
    };
    // Without it an absent field would make the choice: JSON Schema finds nothing wrong with what is absent.
    if part.get("required") != Some(&Value::Array(vec![name.as_str().into()])) {
        refuse(format!("{at}/required"), "must be present and name the property that decides alone".into());
    }
    let at = format!("{at}/properties/{}", escape_step(name));
    let Some(property) = properties.get(name) else {
        refuse(at, "must be one of the properties of this object".into());
        return None;
    };
    check_test(test, property, &at, refuse);
    Some(name)
}

fn check_test(test: &Value, property: &Value, at: &str, refuse: &mut impl FnMut(String, String)) {
    let kind = property.get("type").and_then(Value::as_str).unwrap_or_default();
    let of_property = property.get("enum").and_then(Value::as_array);
    match (kind, of_property) {
        _ if property.get("writeOnly").is_some_and(|secret| *secret != Value::Bool(false)) => {
            refuse(at.into(), "must not be a secret: everybody sees which choice was made".into());
        }
        _ if property.get("const").is_some() => {
            refuse(at.into(), "must not be a field with `const`: nobody can choose there".into());
        }
        ("string", Some(options)) => {
            closed(Some(test), at, &["enum"], refuse);
            let values = test.get("enum").and_then(Value::as_array).filter(|values| !values.is_empty());
            if values.is_none() && test.is_object() {
                refuse(format!("{at}/enum"), "must list the values that make this choice".into());
            }
            for (index, value) in values.into_iter().flatten().enumerate() {
                if !value.is_string() || !options.contains(value) {
                    refuse(
                        format!("{at}/enum/{index}"),
                        "must be a text of the property's own `enum`".into(),
                    );
                }
            }
        }
        ("boolean", None) => {
            closed(Some(test), at, &["const"], refuse);
            if test.is_object() && !test.get("const").is_some_and(Value::is_boolean) {
                refuse(format!("{at}/const"), "must be true or false".into());
            }
        }
        _ => refuse(at.into(), "must be a string with `enum`, or a boolean without".into()),
    }
}

fn check_then(part: Option<&Value>, dependents: &[&str], at: &str, refuse: &mut impl FnMut(String, String)) {
    let Some(part) = part else { return };
    closed(Some(part), at, &["required"], refuse);
    let names = part.get("required").and_then(Value::as_array).filter(|names| !names.is_empty());
    if names.is_none() && part.is_object() {
        refuse(format!("{at}/required"), "must be a list of property names".into());
    }
    for (index, name) in names.into_iter().flatten().enumerate() {
        if !name.as_str().is_some_and(|name| dependents.contains(&name)) {
            refuse(
                format!("{at}/required/{index}"),
                "must name a property that belongs to this choice".into(),
            );
        }
    }
}

/// `above` says of each dependent property who decides about it, in which condition.
fn check_circles(above: &HashMap<&str, (&str, usize)>, at: &str, refuse: &mut impl FnMut(String, String)) {
    let conditions: HashMap<usize, &str> =
        above.values().map(|(decider, index)| (*index, *decider)).collect();
    let mut conditions: Vec<(usize, &str)> = conditions.into_iter().collect();
    conditions.sort_unstable();
    for (index, decider) in conditions {
        let mut at_name = decider;
        for _ in 0..=above.len() {
            match above.get(at_name) {
                Some((_, higher)) if *higher == index => {
                    let at = format!("{at}/allOf/{index}/if/properties/{}", escape_step(decider));
                    refuse(at, "must not depend on the choice that it makes".into());
                    break;
                }
                Some((higher, _)) => at_name = higher,
                None => break,
            }
        }
    }
}
