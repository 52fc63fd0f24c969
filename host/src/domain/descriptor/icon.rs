//! The icon: a small PNG inside the descriptor, so that showing it fetches nothing. What is shown is drawn
//! anew from its pixels: nothing else that stood in the plugin's file reaches a browser.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use png::{BitDepth, ColorType, Decoder, Encoder, Limits, Transformations};

const PREFIX: &str = "data:image/png;base64,";
/// Largest icon, in bytes after decoding.
const MAX_BYTES: usize = 64 * 1024;
/// Largest side, in pixels.
const MAX_SIDE: u32 = 1024;
/// Memory that decoding may take beside the pixels.
const MAX_MEMORY: usize = 8 << 20;

/// A PNG that holds pixels and nothing else. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Icon(Arc<[u8]>);

impl fmt::Debug for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Icon({} bytes)", self.0.len())
    }
}

impl Icon {
    /// Reads a `data:` URL of a PNG.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub(super) fn read(url: &str) -> Result<Self, String> {
        let encoded = url.strip_prefix(PREFIX).ok_or_else(|| format!("must begin with `{PREFIX}`"))?;
        let too_large = || format!("must not be larger than {} KiB", MAX_BYTES / 1024);
        if encoded.len() > MAX_BYTES.div_ceil(3) * 4 {
            return Err(too_large());
        }
        let bytes = STANDARD.decode(encoded).map_err(|_| "is not valid base64".to_owned())?;
        if bytes.len() > MAX_BYTES {
            return Err(too_large());
        }
        draw(&bytes)
    }

    /// The file.
    pub fn png(&self) -> &[u8] {
        &self.0
    }

    /// The file as a `data:` URL.
    pub fn data_url(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }
}

/// Decodes the pixels and encodes them anew, as 8 bits of grey or colour, with or without transparency.
fn draw(bytes: &[u8]) -> Result<Icon, String> {
    let no_image = |_| "is not a PNG image".to_owned();
    let mut decoder = Decoder::new_with_limits(std::io::Cursor::new(bytes), Limits { bytes: MAX_MEMORY });
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(no_image)?;
    let (width, height) = reader.info().size();
    if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
        return Err(format!("must be 1 to {MAX_SIDE} pixels wide and high"));
    }
    let size = reader.output_buffer_size().ok_or("is not a PNG image")?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(no_image)?;
    let drawn = pixels.get(..frame.buffer_size()).ok_or("is not a PNG image")?;
    encode(width, height, frame.color_type, drawn).map_err(|_| "cannot be drawn".to_owned())
}

fn encode(width: u32, height: u32, color: ColorType, pixels: &[u8]) -> Result<Icon, png::EncodingError> {
    let mut drawn = Vec::new();
    let mut encoder = Encoder::new(&mut drawn, width, height);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(Icon(drawn.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(bytes: &[u8]) -> String {
        format!("{PREFIX}{}", STANDARD.encode(bytes))
    }

    fn image(width: u32, height: u32, text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, width, height);
        encoder.set_color(ColorType::Rgba);
        encoder.add_text_chunk("Comment".to_owned(), text.to_owned()).unwrap();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&vec![200; (width * height * 4) as usize]).unwrap();
        writer.finish().unwrap();
        bytes
    }

    #[test]
    fn nothing_but_pixels_is_kept() {
        let mut bytes = image(16, 9, "<script>alert(1)</script>");
        bytes.extend_from_slice(b"<html>behind the image");
        let icon = Icon::read(&url(&bytes)).unwrap();
        assert!(!String::from_utf8_lossy(icon.png()).contains("script"));
        assert!(!String::from_utf8_lossy(icon.png()).contains("html"));
        assert_eq!(Icon::read(&icon.data_url()), Ok(icon));
    }

    #[test]
    fn only_small_png_images_pass() {
        let whole = image(16, 9, "");
        for (url, problem) in [
            (url(&vec![0; MAX_BYTES + 1]), "larger than 64 KiB"),
            (url(&image(1025, 1, "")), "1 to 1024 pixels"),
            ("data:image/svg+xml;base64,AAAA".to_owned(), "must begin with"),
            ("https://example.com/icon.png".to_owned(), "must begin with"),
            (format!("{PREFIX}!!!!"), "not valid base64"),
            (url(b"GIF89a"), "not a PNG"),
            (url(&whole[..whole.len() / 2]), "not a PNG"),
            (url(&whole[..40]), "not a PNG"),
        ] {
            assert!(Icon::read(&url).unwrap_err().contains(problem), "{url:.60}");
        }
    }
}
