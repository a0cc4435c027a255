//! Photos as cameras write them.

use super::photos::{Told, read};

/// A JPEG without a picture: Exif with the given fields of the first and of the GPS directory.
fn photo(gps: bool, owner: &str) -> Vec<u8> {
    use exif::experimental::Writer;
    use exif::{Field, In, Rational, Tag, Value};
    let degrees =
        |of| vec![Rational { num: of, denom: 1 }, Rational { num: 3, denom: 1 }, Rational { num: 0, denom: 1 }];
    let mut fields = vec![Field { tag: Tag::Model, ifd_num: In::PRIMARY, value: Value::Ascii(vec![b"C100".to_vec()]) }];
    if gps {
        fields.push(Field { tag: Tag::GPSLatitude, ifd_num: In::PRIMARY, value: Value::Rational(degrees(43)) });
        fields.push(Field { tag: Tag::GPSLongitude, ifd_num: In::PRIMARY, value: Value::Rational(degrees(122)) });
    }
    if !owner.is_empty() {
        let value = Value::Ascii(vec![owner.as_bytes().to_vec()]);
        fields.push(Field { tag: Tag::CameraOwnerName, ifd_num: In::PRIMARY, value });
    }
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut tiff = std::io::Cursor::new(Vec::new());
    writer.write(&mut tiff, false).expect("writes");
    let tiff = tiff.into_inner();
    let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe1];
    jpeg.extend(((tiff.len() + 8) as u16).to_be_bytes());
    jpeg.extend(b"Exif\0\0");
    jpeg.extend(tiff);
    jpeg.extend([0xff, 0xda, 0, 2, 0xff, 0xd9]);
    jpeg
}

#[test]
fn places_and_owners_are_read_from_exif() {
    assert_eq!(read(&photo(true, "")), Told { location: true, ..Told::default() });
    assert_eq!(read(&photo(false, "Owner")), Told { owner: true, ..Told::default() });
    assert_eq!(read(&photo(false, "")), Told::default());
    assert_eq!(read(&photo(false, "  ")), Told::default());
}

#[test]
fn places_and_serial_numbers_are_read_from_xmp() {
    let packet = |inner: &str| format!("RIFF....<x:xmpmeta><rdf:Description {inner}/></x:xmpmeta>").into_bytes();
    assert!(read(&packet("exif:GPSLatitude=\"43,3.0N\"")).location);
    assert!(read(&packet("aux:SerialNumber='12'")).serial);
    assert!(read(b"<x:xmpmeta><aux:OwnerName>N. N.</aux:OwnerName></x:xmpmeta>").owner);
    assert_eq!(read(&packet("exif:GPSLatitude=\"\" tiff:Model=\"C100\"")), Told::default());
    assert_eq!(read(b"aux:SerialNumber=\"12\""), Told::default());
}

#[test]
fn damaged_photos_tell_nothing() {
    let whole = photo(true, "Owner");
    for end in 0..whole.len() {
        let _ = read(&whole[..end]);
    }
}

/// Files of Pillow and piexif, which leave out a field that the format wants, as some cameras do.
#[test]
fn photos_of_every_format_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/privacy/photos");
    let of = |name: &str| read(&std::fs::read(folder.join(name)).expect(name));
    for name in ["gps.jpg", "gps.png", "gps.webp", "gps.heic"] {
        assert_eq!(of(name), Told { location: true, serial: true, owner: true }, "{name}");
    }
    for name in ["zero.jpg", "clean.jpg"] {
        assert_eq!(of(name), Told::default(), "{name}");
    }
}
