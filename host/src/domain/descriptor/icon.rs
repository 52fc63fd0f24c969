//! The icon: a small PNG inside the descriptor, so that showing it fetches nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const PREFIX: &str = "data:image/png;base64,";
/// Largest icon, in bytes after decoding.
const MAX_BYTES: usize = 64 * 1024;
/// Largest side, in pixels.
const MAX_SIDE: u32 = 1024;

/// Checks that the text is a `data:` URL of a PNG.
///
/// # Errors
/// A sentence that says what is wrong.
pub(super) fn check(url: &str) -> Result<(), String> {
    let encoded = url.strip_prefix(PREFIX).ok_or_else(|| format!("must begin with `{PREFIX}`"))?;
    if encoded.len() > MAX_BYTES.div_ceil(3) * 4 {
        return Err(too_large());
    }
    let bytes = STANDARD.decode(encoded).map_err(|_| "is not valid base64".to_owned())?;
    if bytes.len() > MAX_BYTES {
        return Err(too_large());
    }
    let (width, height) = read_size(&bytes).ok_or("is not a PNG image")?;
    if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
        return Err(format!("must be 1 to {MAX_SIDE} pixels wide and high"));
    }
    Ok(())
}

fn too_large() -> String {
    format!("must not be larger than {} KiB", MAX_BYTES / 1024)
}

/// Width and height from the first chunk (PNG, third edition, 11.2.1); none when it is no PNG.
fn read_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")?;
    let side = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
    Some((side(0)?, side(4)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, padding: usize) -> String {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(16u32.to_be_bytes());
        bytes.resize(bytes.len() + padding, 0);
        format!("{PREFIX}{}", STANDARD.encode(bytes))
    }

    #[test]
    fn only_small_png_images_pass() {
        check(&png(16, 9)).unwrap();
        for (url, problem) in [
            (png(16, MAX_BYTES), "larger than 64 KiB"),
            (png(0, 9), "1 to 1024 pixels"),
            (png(5000, 9), "1 to 1024 pixels"),
            ("data:image/svg+xml;base64,AAAA".to_owned(), "must begin with"),
            ("https://example.com/icon.png".to_owned(), "must begin with"),
            (format!("{PREFIX}!!!!"), "not valid base64"),
            (format!("{PREFIX}{}", STANDARD.encode("GIF89a")), "not a PNG"),
        ] {
            assert!(check(&url).unwrap_err().contains(problem), "{url:.60}");
        }
    }
}
