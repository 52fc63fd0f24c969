//! Key files, and hashes of requests.

use super::*;

#[test]
fn each_bit_that_opens_a_key_file_to_others_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.key");
    fs::write(&file, RootKey::generate(&SystemEntropy).to_text().expose()).unwrap();
    for bit in [0o040, 0o020, 0o010, 0o004, 0o002, 0o001] {
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600 | bit)).unwrap();
        let outcome = find_root_key(source(None, Some(&file), None), false, &SystemEntropy);
        assert!(matches!(outcome, Err(KeyringError::FileExposed(_))), "{bit:o}");
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).unwrap();
    find_root_key(source(None, Some(&file), None), false, &SystemEntropy).unwrap();
}

#[test]
fn a_folder_in_the_place_of_a_key_file_is_told_as_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let error = find_root_key(source(None, Some(folder.path()), None), false, &SystemEntropy).err().unwrap();
    assert!(error.to_string().contains("no regular file"), "{error}");
}

#[test]
fn requests_are_told_apart_by_where_their_parts_end() {
    let keyring = keyring();
    let hashes = [&[&b"ab"[..], b"c"][..], &[b"a", b"bc"], &[b"abc"], &[b"abc", b""], &[b"", b"abc"]]
        .map(|parts| keyring.request_hash(parts).unwrap());
    for (number, hash) in hashes.iter().enumerate() {
        assert!(!hashes[..number].contains(hash), "{number}");
    }
    assert_ne!(
        hashes[0],
        super::keyring().request_hash(&[b"ab", b"c"]).unwrap(),
        "each root key has its own"
    );
}
