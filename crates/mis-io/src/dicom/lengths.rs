//! Lengths that a file states against the bytes that it has, before a parser takes memory for them.

use anyhow::{Context as _, Result, bail, ensure};
use dicom_core::dictionary::DataDictionary as _;
use dicom_core::{Tag, VR};
use dicom_object::StandardDataDictionary;

/// How a data set's elements are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encoding {
    pub(super) explicit: bool,
    pub(super) big_endian: bool,
}

/// Sequences in sequences; real files stay below 10, and the parser takes stack for each.
const DEEPEST: usize = 32;
const UNDEFINED: u32 = u32::MAX;
const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);
const PIXEL_DATA: Tag = Tag(0x7FE0, 0x0010);

/// Walks over all elements of a data set, from `at` on: a length that reaches past the end of the file or nesting that
/// no real file has is an error, and so is a length that is no whole number of values.
pub(super) fn check(bytes: &[u8], at: usize, encoding: Encoding) -> Result<()> {
    let mut walk = Walk { bytes, at, encoding };
    // Where each open sequence or item ends; none where a delimiter ends it.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut in_fragments = false;
    while walk.at < bytes.len() {
        while open.last().is_some_and(|end| end.is_some_and(|end| walk.at >= end)) {
            open.pop();
        }
        let start = walk.at;
        let (tag, vr, len) = walk.element()?;
        let left = bytes.len() - walk.at;
        let fits = || -> Result<usize> {
            ensure!(
                len as usize <= left,
                "expected {len} bytes for element {tag} at byte {start}, found {left} to the end of the file"
            );
            Ok(len as usize)
        };
        match tag {
            ITEM_END => {
                open.pop();
            }
            SEQUENCE_END => {
                open.pop();
                in_fragments = false;
            }
            ITEM if in_fragments => walk.at += fits()?,
            ITEM => open.push((len != UNDEFINED).then(fits).transpose()?.map(|len| walk.at + len)),
            PIXEL_DATA if len == UNDEFINED => {
                open.push(None);
                in_fragments = true;
            }
            // Elements of unknown meaning may be sequences of undefined length.
            _ if len == UNDEFINED => open.push(None),
            _ if vr == VR::SQ => open.push(Some(walk.at + fits()?)),
            _ => {
                walk.at += fits()?;
                let unit = unit(vr);
                // The parser would lose its place; behind the last element there is none to lose.
                ensure!(
                    len.is_multiple_of(unit) || walk.at == bytes.len(),
                    "expected a multiple of {unit} bytes for element {tag} at byte {start}, found {len}"
                );
            }
        }
        ensure!(
            open.len() <= 2 * DEEPEST,
            "expected sequences at most {DEEPEST} deep, found more at byte {start}"
        );
    }
    Ok(())
}

/// Bytes of one of an element's values; 1 for texts and bytes.
fn unit(vr: VR) -> u32 {
    match vr {
        VR::US | VR::SS | VR::OW => 2,
        VR::AT | VR::UL | VR::SL | VR::OL | VR::FL | VR::OF => 4,
        VR::FD | VR::OD | VR::UV | VR::SV | VR::OV => 8,
        _ => 1,
    }
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    encoding: Encoding,
}

impl Walk<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let taken = self.bytes[self.at..].first_chunk::<N>();
        let taken = *taken.with_context(|| format!("the file breaks off at byte {}", self.bytes.len()))?;
        self.at += N;
        Ok(taken)
    }

    fn short(&mut self) -> Result<u16> {
        let bytes = self.take()?;
        Ok(if self.encoding.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn long(&mut self) -> Result<u32> {
        let bytes = self.take()?;
        Ok(if self.encoding.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// Tag, representation and length of the next element, whose value starts where it stops.
    fn element(&mut self) -> Result<(Tag, VR, u32)> {
        let tag = Tag(self.short()?, self.short()?);
        if tag.group() == 0xFFFE {
            return Ok((tag, VR::UN, self.long()?));
        }
        if !self.encoding.explicit {
            let vr = StandardDataDictionary.by_tag(tag).map_or(VR::UN, |entry| entry.vr.relaxed());
            return Ok((tag, vr, self.long()?));
        }
        let code = self.take()?;
        let Some(vr) = VR::from_binary(code) else {
            bail!(
                "expected a value representation at byte {}, found {:?}",
                self.at - 2,
                code.escape_ascii().to_string()
            );
        };
        let is_long = matches!(
            vr,
            VR::OB
                | VR::OD
                | VR::OF
                | VR::OL
                | VR::OV
                | VR::OW
                | VR::SQ
                | VR::SV
                | VR::UC
                | VR::UN
                | VR::UR
                | VR::UT
                | VR::UV
        );
        if is_long {
            let _reserved = self.short()?;
            return Ok((tag, vr, self.long()?));
        }
        Ok((tag, vr, self.short()?.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_is_no_whole_number_of_values_is_refused_but_at_the_end() {
        let implicit = Encoding { explicit: false, big_endian: false };
        // Rows (0028,0010), of two bytes each, with a length of 3, and one more byte.
        let bytes = [0x28, 0, 0x10, 0, 3, 0, 0, 0, 1, 2, 3];
        check(&bytes, 0, implicit).unwrap();
        let more = [&bytes[..], &[0x28, 0, 0x11, 0, 2, 0, 0, 0, 4, 0]].concat();
        let error = check(&more, 0, implicit).unwrap_err().to_string();
        assert_eq!(error, "expected a multiple of 2 bytes for element (0028,0010) at byte 0, found 3");
    }
}
