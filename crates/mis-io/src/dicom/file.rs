//! One DICOM file, and what its attributes say.

use std::fs;
use std::ops::Deref;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::{
    DefaultDicomObject, FileMetaTable, FileMetaTableBuilder, InMemDicomObject, OpenFileOptions,
};
use dicom_transfer_syntax_registry::entries::IMPLICIT_VR_LITTLE_ENDIAN;

use super::lengths::{self, Encoding};

/// Retired, and still in archives.
pub(super) const EXPLICIT_VR_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// A data set, of a file or of an item in one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attributes<'a>(&'a InMemDicomObject);

impl<'a> Attributes<'a> {
    /// A text without its padding; none where it is empty.
    pub(super) fn text(self, tag: Tag) -> Option<String> {
        let text = self.0.get(tag)?.to_str().ok()?;
        let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub(super) fn numbers(self, tag: Tag) -> Option<Vec<f64>> {
        self.0.get(tag)?.to_multi_float64().ok().filter(|numbers| !numbers.is_empty())
    }

    pub(super) fn number(self, tag: Tag) -> Option<f64> {
        Some(*self.numbers(tag)?.first()?)
    }

    pub(super) fn exactly<const N: usize>(self, tag: Tag) -> Option<[f64; N]> {
        self.numbers(tag)?.try_into().ok()
    }

    pub(super) fn count(self, tag: Tag) -> Option<usize> {
        self.0.get(tag)?.to_int::<u32>().ok().and_then(|n| usize::try_from(n).ok())
    }

    pub(super) fn items(self, tag: Tag) -> Vec<Self> {
        let items = self.0.get(tag).and_then(|element| element.items());
        items.unwrap_or_default().iter().map(Attributes).collect()
    }

    /// The only item of a sequence, or the first.
    pub(super) fn item(self, tag: Tag) -> Option<Self> {
        self.items(tag).into_iter().next()
    }
}

/// A file, parsed whole or up to its pixels.
#[derive(Debug)]
pub(super) struct DicomFile(DefaultDicomObject);

/// What of a file is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Header,
    Whole,
}

impl DicomFile {
    /// Opens a file, or fails with its name.
    pub(super) fn open(path: &Path, part: Part) -> Result<Self> {
        let read = || Self::parse(&fs::read(path)?, part);
        read().with_context(|| path.display().to_string())
    }

    fn parse(bytes: &[u8], part: Part) -> Result<Self> {
        // Some exports lack the preamble and the file's own header: a bare data set, implicit and little-endian.
        if !is_dicom(bytes) {
            ensure!(
                bytes.first_chunk::<4>().is_some_and(|tag| tag[..2] == [8, 0] && tag[3] == 0),
                "expected a DICOM file, found no mark DICM at byte 128"
            );
            let encoding = Encoding { explicit: false, big_endian: false };
            lengths::check(bytes, 0, encoding)?;
            let ts = IMPLICIT_VR_LITTLE_ENDIAN.erased();
            let object = InMemDicomObject::read_dataset_with_ts(bytes, &ts)?;
            let meta = FileMetaTableBuilder::new()
                .transfer_syntax(uids::IMPLICIT_VR_LITTLE_ENDIAN)
                .media_storage_sop_class_uid("")
                .media_storage_sop_instance_uid("")
                .build()?;
            return Ok(Self(object.with_exact_meta(meta)));
        }
        let end = meta_end(bytes)?;
        lengths::check(&bytes[..end], 132, Encoding { explicit: true, big_endian: false })?;
        let meta = FileMetaTable::from_reader(&bytes[128..])?;
        let syntax = meta.transfer_syntax();
        let encoding = Encoding {
            explicit: syntax != uids::IMPLICIT_VR_LITTLE_ENDIAN,
            big_endian: syntax == EXPLICIT_VR_BIG_ENDIAN,
        };
        ensure!(
            syntax != uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
            "expected a data set that is not deflated, found transfer syntax {syntax}"
        );
        lengths::check(bytes, end, encoding)?;
        let mut options = OpenFileOptions::new();
        if part == Part::Header {
            options = options.read_until(tags::PIXEL_DATA);
        }
        Ok(Self(options.from_reader(bytes)?))
    }

    pub(super) fn attributes(&self) -> Attributes<'_> {
        Attributes(&self.0)
    }

    pub(super) fn transfer_syntax(&self) -> &str {
        self.0.meta().transfer_syntax()
    }

    /// What kind of object the file holds, as a UID.
    pub(super) fn class(&self) -> String {
        self.attributes().text(tags::SOP_CLASS_UID).unwrap_or_default()
    }
}

impl Deref for DicomFile {
    type Target = DefaultDicomObject;

    fn deref(&self) -> &DefaultDicomObject {
        &self.0
    }
}

/// Whether bytes carry DICOM's mark.
pub(super) fn is_dicom(bytes: &[u8]) -> bool {
    bytes.get(128..132) == Some(b"DICM")
}

/// Where the file's own header ends, as its first element says.
fn meta_end(bytes: &[u8]) -> Result<usize> {
    match bytes.get(132..144) {
        Some([2, 0, 0, 0, b'U', b'L', 4, 0, a, b, c, d]) => {
            let end = 144 + u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            ensure!(end <= bytes.len(), "expected a header of {end} bytes, found {}", bytes.len());
            Ok(end)
        }
        _ => bail!("expected the length of the file's header at byte 132"),
    }
}
