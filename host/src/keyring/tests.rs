//! Tampering, swapping and finding keys.

mod files;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Mutex;

use super::*;
use crate::domain::clock::SystemEntropy;
use crate::domain::secret::Secret;

const SECRET: &[u8] = br#"{"apiKey":"canary-7c1f"}"#;

fn keyring() -> Keyring {
    Keyring::new(RootKey::generate(&SystemEntropy)).unwrap()
}

struct Owner(WorkspaceId, ComponentId, CredentialId);

impl Owner {
    fn new(workspace: &str, component: &str, digit: char) -> Self {
        let id = format!("cred_{}", digit.to_string().repeat(26));
        Self(workspace.parse().unwrap(), component.parse().unwrap(), id.parse().unwrap())
    }

    fn binding(&self, version: i64) -> Binding<'_> {
        Binding { workspace: &self.0, component: &self.1, credential: &self.2, version }
    }
}

#[test]
fn what_was_sealed_opens_byte_for_byte() {
    let (keyring, owner) = (keyring(), Owner::new("default", "petstore", '1'));
    for plaintext in [&b""[..], SECRET, &[0xff; 100_000]] {
        let sealed = keyring.seal(&SystemEntropy, &owner.binding(1), plaintext).unwrap();
        assert_eq!(sealed.key_id, keyring.key_id());
        assert_eq!(sealed.bytes.len(), 104 + plaintext.len() + 16);
        assert!(keyring.open(&owner.binding(1), &sealed.bytes).unwrap().expose() == plaintext);
    }
}

#[test]
fn a_record_shows_nothing_of_its_plaintext() {
    let (keyring, owner) = (keyring(), Owner::new("default", "petstore", '1'));
    let sealed = keyring.seal(&SystemEntropy, &owner.binding(1), SECRET).unwrap();
    assert!(!sealed.bytes.windows(6).any(|window| SECRET.windows(6).any(|part| part == window)));
}

#[test]
fn two_records_of_the_same_fields_share_no_key_salt_or_nonce() {
    let (keyring, owner) = (keyring(), Owner::new("default", "petstore", '1'));
    let [one, two] = [(); 2].map(|()| keyring.seal(&SystemEntropy, &owner.binding(1), SECRET).unwrap().bytes);
    assert_eq!(one[..12], two[..12]);
    for range in [12..44, 44..92, 92..104, 104..one.len()] {
        assert_ne!(one[range.clone()], two[range]);
    }
}

/// What a record says of itself, taken apart by the words of `record`'s table alone.
#[test]
fn a_record_is_what_its_table_says() {
    use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    let root = RootKey::generate(&SystemEntropy);
    let (keyring, owner) = (Keyring::new(root.clone()).unwrap(), Owner::new("default", "petstore", '1'));
    let sealed = keyring.seal(&SystemEntropy, &owner.binding(0x0102), SECRET).unwrap().bytes;
    assert_eq!(sealed[..4], *b"KSR\x01");
    assert_eq!(
        format!("rk-{:016x}", u64::from_be_bytes(sealed[4..12].try_into().unwrap())),
        keyring.key_id()
    );
    let associated = |layer: &[u8]| {
        let credential = format!("cred_{}", "1".repeat(26));
        let parts: [&[u8]; 7] = [
            layer,
            &[1],
            &sealed[4..12],
            b"default",
            b"petstore",
            credential.as_bytes(),
            &[0, 0, 0, 0, 0, 0, 1, 2],
        ];
        parts
            .iter()
            .flat_map(|part| [&(part.len() as u32).to_be_bytes()[..], part].concat())
            .collect::<Vec<u8>>()
    };
    let decrypt = |key: &[u8], nonce: &[u8], layer: &[u8], sealed: &[u8]| {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(nonce).unwrap();
        let mut buffer = sealed.to_vec();
        let length = key.open_in_place(nonce, Aad::from(associated(layer)), &mut buffer).unwrap().len();
        buffer.truncate(length);
        buffer
    };
    let wrapping: Zeroizing<[u8; 44]> = root.derive(&sealed[12..44], b"keystead/v1/wrap").unwrap();
    let data_key = decrypt(&wrapping[..32], &wrapping[32..], b"wrap", &sealed[44..92]);
    assert_eq!(decrypt(&data_key, &sealed[92..104], b"data", &sealed[104..]), SECRET);
}

#[test]
fn every_flipped_bit_is_noticed() {
    let (keyring, owner) = (keyring(), Owner::new("default", "petstore", '1'));
    let sealed = keyring.seal(&SystemEntropy, &owner.binding(1), SECRET).unwrap().bytes;
    for position in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[position] ^= 1 << bit;
            let error = keyring.open(&owner.binding(1), &changed).err().unwrap();
            match position {
                0..4 => assert!(matches!(error, KeyringError::Format), "byte {position}"),
                4..12 => assert!(matches!(error, KeyringError::UnknownKey { .. }), "byte {position}"),
                _ => assert!(matches!(error, KeyringError::Integrity), "byte {position}"),
            }
        }
    }
}

#[test]
fn every_truncated_or_lengthened_record_is_refused() {
    let (keyring, owner) = (keyring(), Owner::new("default", "petstore", '1'));
    let mut sealed = keyring.seal(&SystemEntropy, &owner.binding(1), SECRET).unwrap().bytes;
    for length in 0..sealed.len() {
        assert!(keyring.open(&owner.binding(1), &sealed[..length]).is_err(), "{length} bytes");
    }
    sealed.push(0);
    assert!(matches!(keyring.open(&owner.binding(1), &sealed), Err(KeyringError::Integrity)));
}

#[test]
fn a_record_opens_only_where_it_belongs() {
    let (keyring, owner) = (keyring(), Owner::new("default", "petstore", '1'));
    let sealed = keyring.seal(&SystemEntropy, &owner.binding(1), SECRET).unwrap().bytes;
    let other = [
        Owner::new("other", "petstore", '1'),
        Owner::new("default", "github", '1'),
        Owner::new("default", "petstore", '2'),
        // The same letters, divided elsewhere: the lengths are part of what is authenticated.
        Owner::new("defaultp", "etstore", '1'),
    ];
    for owner in &other {
        assert!(matches!(keyring.open(&owner.binding(1), &sealed), Err(KeyringError::Integrity)));
    }
    for version in [0, 2, -1, i64::MAX] {
        assert!(matches!(keyring.open(&owner.binding(version), &sealed), Err(KeyringError::Integrity)));
    }
}

#[test]
fn a_data_key_of_another_record_is_refused() {
    let (keyring, owner) = (keyring(), Owner::new("default", "petstore", '1'));
    let [mut one, two] =
        [(); 2].map(|()| keyring.seal(&SystemEntropy, &owner.binding(1), SECRET).unwrap().bytes);
    one[12..92].copy_from_slice(&two[12..92]);
    assert!(matches!(keyring.open(&owner.binding(1), &one), Err(KeyringError::Integrity)));
}

#[test]
fn another_root_key_is_named_with_the_one_that_is_missing() {
    let (first, second, owner) = (keyring(), keyring(), Owner::new("default", "petstore", '1'));
    let sealed = first.seal(&SystemEntropy, &owner.binding(1), SECRET).unwrap().bytes;
    let message = second.open(&owner.binding(1), &sealed).err().unwrap().to_string();
    assert!(message.contains(first.key_id()) && message.contains(second.key_id()), "{message}");
}

#[test]
fn the_check_value_tells_a_wrong_key() {
    let (first, second) = (keyring(), keyring());
    first.verify_check(first.key_id(), &first.check_value()).unwrap();
    let message = second.verify_check(first.key_id(), &first.check_value()).unwrap_err().to_string();
    assert!(message.contains(first.key_id()) && message.contains(second.key_id()), "{message}");
    assert!(first.verify_check(first.key_id(), &second.check_value()).is_err());
    assert!(first.verify_check(first.key_id(), &[]).is_err());
    assert!(first.verify_check(second.key_id(), &first.check_value()).is_err());
}

#[test]
fn the_text_of_a_key_gives_the_same_key() {
    let key = RootKey::generate(&SystemEntropy);
    let text = key.to_text();
    let again = RootKey::parse(&format!(" {}\n", text.expose())).unwrap();
    assert_eq!(Keyring::new(key).unwrap().key_id(), Keyring::new(again).unwrap().key_id());
}

#[test]
fn what_is_no_strong_key_is_refused() {
    use base64::Engine as _;
    let text = |bytes: &[u8]| {
        format!("keystead-root-1:{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
    };
    let series: Vec<u8> = (0..32).collect();
    let random = RootKey::generate(&SystemEntropy).to_text().expose().to_owned();
    let refused = [
        String::new(),
        "hunter2".to_owned(),
        "keystead-root-1:".to_owned(),
        random.replace("root-1", "root-2"),
        format!("{random}="),
        random[..random.len() - 1].to_owned(),
        text(&[7; 32]),
        text(&[1, 2, 3, 4].repeat(8)),
        text(&series),
        text(b"correct horse battery staple yes"),
        // Many different characters, and still a sentence.
        text(b"The quick brown fox jumps over 9"),
        text(b"0123456789abcdefghijklmnopqrstu~"),
        text(&[9; 31]),
        text(&[9; 33]),
    ];
    for key in refused {
        let message = RootKey::parse(&key).err().unwrap().to_string();
        assert!(message.contains("the root key is not usable: "), "{message}");
        assert!(key.len() < 20 || !message.contains(&key[16..]), "{message}");
    }
}

fn source(env: Option<&RootKey>, file: Option<&Path>, default_file: Option<&Path>) -> KeySource {
    KeySource {
        text_from_env: env.map(RootKey::to_text),
        file: file.map(Path::to_owned),
        default_file: default_file.map(Path::to_owned),
    }
}

#[test]
fn a_new_embedded_installation_makes_its_key_file_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.key");
    let made = find_root_key(source(None, None, Some(&file)), true, &SystemEntropy).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing unfinished is left");
    for is_new in [true, false] {
        let found = find_root_key(source(None, None, Some(&file)), is_new, &SystemEntropy).unwrap();
        assert!(found.to_text().expose() == made.to_text().expose());
    }
}

#[test]
fn an_existing_installation_never_gets_a_new_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.key");
    let error = find_root_key(source(None, None, Some(&file)), false, &SystemEntropy).err().unwrap();
    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
    assert!(!file.exists());
}

#[test]
fn a_named_file_is_never_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.key");
    let other = folder.path().join("default.key");
    let error = find_root_key(source(None, Some(&file), Some(&other)), true, &SystemEntropy).err().unwrap();
    assert!(matches!(error, KeyringError::FileMissing(path) if path == file));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn without_any_place_there_is_no_key() {
    for is_new in [true, false] {
        assert!(matches!(
            find_root_key(source(None, None, None), is_new, &SystemEntropy),
            Err(KeyringError::NotGiven)
        ));
    }
}

#[test]
fn a_key_given_twice_is_refused() {
    let key = RootKey::generate(&SystemEntropy);
    let file = Path::new("/nowhere/root.key");
    let error = find_root_key(source(Some(&key), Some(file), None), true, &SystemEntropy).err().unwrap();
    assert!(error.to_string().contains("/nowhere/root.key"), "{error}");
}

#[test]
fn a_key_of_the_environment_is_taken_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (key, file) = (RootKey::generate(&SystemEntropy), folder.path().join("root.key"));
    let found = find_root_key(source(Some(&key), None, Some(&file)), true, &SystemEntropy).unwrap();
    assert!(found.to_text().expose() == key.to_text().expose());
    assert!(!file.exists());
}

#[test]
fn a_file_that_others_can_read_is_refused_with_the_command_that_helps() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.key");
    fs::write(&file, RootKey::generate(&SystemEntropy).to_text().expose()).unwrap();
    for mode in [0o640, 0o604, 0o660] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let error = find_root_key(source(None, Some(&file), None), false, &SystemEntropy).err().unwrap();
        assert!(error.to_string().contains(&format!("chmod 600 {}", file.display())), "{error}");
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
    find_root_key(source(None, Some(&file), None), false, &SystemEntropy).unwrap();
}

#[test]
fn a_damaged_key_file_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.key");
    fs::write(&file, "keystead-root-1:AAAA").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(find_root_key(source(None, None, Some(&file)), true, &SystemEntropy).is_err());
    assert_eq!(fs::read_to_string(&file).unwrap(), "keystead-root-1:AAAA");
}

#[test]
fn a_broken_source_of_randomness_makes_no_key_file() {
    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.key");
    assert!(matches!(
        find_root_key(source(None, None, Some(&file)), true, &Zeros),
        Err(KeyringError::InvalidKey(_))
    ));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn processes_that_start_together_agree_on_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.key");
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let key = find_root_key(source(None, None, Some(&file)), true, &SystemEntropy).unwrap();
                found.lock().unwrap().push(Keyring::new(key).unwrap().key_id().to_owned());
            });
        }
    });
    let mut ids = found.into_inner().unwrap();
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

#[test]
fn an_unreadable_text_is_not_shown() {
    let source =
        KeySource { text_from_env: Some(Secret::new("my secret phrase")), file: None, default_file: None };
    let message = find_root_key(source, true, &SystemEntropy).err().unwrap().to_string();
    assert!(!message.contains("phrase"), "{message}");
}
