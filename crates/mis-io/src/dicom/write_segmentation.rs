//! Label maps to DICOM segmentations.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use mis_core::{ClassTable, LabelMap, write_atomically};
use sha2::{Digest as _, Sha256};

use super::file::{DicomFile, Part};
use super::frame::ras;
use super::series::Series;

/// Writes a label map as a DICOM segmentation of the series that it was predicted on: one binary segment per class but
/// the background, named by the class table, on the series' frame of reference, so that a viewer lays it over the scan.
///
/// Patient and study are taken from the series' first file. The UIDs are drawn from the series and the labels: the same
/// prediction is the same object. The file appears whole or not at all. The map must lie on the series' lattice.
pub fn write_segmentation(
    path: &Path,
    labels: &LabelMap,
    series: &Series,
    classes: &ClassTable,
) -> Result<()> {
    let write = || -> Result<()> {
        series.geometry().check_same(&labels.geometry()).context("labels and series")?;
        ensure!(
            labels.as_slice().iter().all(|&label| usize::from(label) < classes.n_classes()),
            "expected labels below {}, found others",
            classes.n_classes()
        );
        let source = Source::of(series)?;
        let sop = uid(&[b"instance", series.uid.as_bytes(), labels.as_slice()]);
        let mut object = source.header(&sop, &uid(&[b"series", sop.as_bytes()]));
        segments(&mut object, classes);
        frames(&mut object, labels, series, &source, classes.n_classes())?;
        let meta = FileMetaTableBuilder::new()
            .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
            .media_storage_sop_class_uid(uids::SEGMENTATION_STORAGE)
            .media_storage_sop_instance_uid(sop)
            .build()?;
        let file = object.with_exact_meta(meta);
        write_atomically(path, |out| Ok(file.write_all(out)?))
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// What is taken from the series.
struct Source {
    first: DicomFile,
    /// Class and instance of each slice's file.
    instances: Vec<(String, String)>,
}

impl Source {
    fn of(series: &Series) -> Result<Self> {
        let files = series.files();
        let first = DicomFile::open(files.first().context("a series has files")?, Part::Header)?;
        let mut instances = Vec::new();
        for slice in series.slices() {
            let file = DicomFile::open(&slice.path, Part::Header)?;
            let instance = file.attributes().text(tags::SOP_INSTANCE_UID).unwrap_or_default();
            instances.push((file.class(), instance));
        }
        Ok(Self { first, instances })
    }

    /// Patient, study and the segmentation's own general attributes.
    fn header(&self, sop: &str, series: &str) -> InMemDicomObject {
        let source = self.first.attributes();
        let mut object = InMemDicomObject::new_empty();
        for (tag, vr) in CARRIED {
            text(&mut object, tag, vr, &source.text(tag).unwrap_or_default());
        }
        let date = source.text(tags::STUDY_DATE).unwrap_or_default();
        let time = source.text(tags::STUDY_TIME).unwrap_or_default();
        for (tag, vr, value) in [
            (tags::SOP_CLASS_UID, VR::UI, uids::SEGMENTATION_STORAGE),
            (tags::SOP_INSTANCE_UID, VR::UI, sop),
            (tags::SERIES_INSTANCE_UID, VR::UI, series),
            (tags::MODALITY, VR::CS, "SEG"),
            (tags::SERIES_NUMBER, VR::IS, "1000"),
            (tags::INSTANCE_NUMBER, VR::IS, "1"),
            (tags::SERIES_DESCRIPTION, VR::LO, "Segmentation"),
            (tags::CONTENT_DATE, VR::DA, &date),
            (tags::CONTENT_TIME, VR::TM, &time),
            (tags::MANUFACTURER, VR::LO, "mis"),
            (tags::MANUFACTURER_MODEL_NAME, VR::LO, "mis"),
            (tags::DEVICE_SERIAL_NUMBER, VR::LO, "0"),
            (tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION")),
            (tags::IMAGE_TYPE, VR::CS, "DERIVED\\PRIMARY"),
            (tags::CONTENT_LABEL, VR::CS, "SEGMENTATION"),
            (tags::CONTENT_DESCRIPTION, VR::LO, ""),
            (tags::CONTENT_CREATOR_NAME, VR::PN, ""),
            (tags::SEGMENTATION_TYPE, VR::CS, "BINARY"),
            (tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00"),
            (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        ] {
            text(&mut object, tag, vr, value);
        }
        for (tag, value) in [
            (tags::SAMPLES_PER_PIXEL, 1_u16),
            (tags::BITS_ALLOCATED, 1),
            (tags::BITS_STORED, 1),
            (tags::HIGH_BIT, 0),
            (tags::PIXEL_REPRESENTATION, 0),
        ] {
            short(&mut object, tag, value);
        }
        let mut referenced = InMemDicomObject::new_empty();
        text(
            &mut referenced,
            tags::SERIES_INSTANCE_UID,
            VR::UI,
            &source.text(tags::SERIES_INSTANCE_UID).unwrap_or_default(),
        );
        let mut instances = self.instances.clone();
        instances.dedup();
        let instances = instances.iter().map(reference).collect();
        sequence(&mut referenced, tags::REFERENCED_INSTANCE_SEQUENCE, instances);
        sequence(&mut object, tags::REFERENCED_SERIES_SEQUENCE, vec![referenced]);
        object
    }
}

/// What ties the object to its patient, study and frame of reference.
const CARRIED: [(Tag, VR); 14] = [
    (tags::SPECIFIC_CHARACTER_SET, VR::CS),
    (tags::STUDY_DATE, VR::DA),
    (tags::STUDY_TIME, VR::TM),
    (tags::ACCESSION_NUMBER, VR::SH),
    (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
    (tags::STUDY_DESCRIPTION, VR::LO),
    (tags::PATIENT_NAME, VR::PN),
    (tags::PATIENT_ID, VR::LO),
    (tags::PATIENT_BIRTH_DATE, VR::DA),
    (tags::PATIENT_SEX, VR::CS),
    (tags::STUDY_INSTANCE_UID, VR::UI),
    (tags::STUDY_ID, VR::SH),
    (tags::FRAME_OF_REFERENCE_UID, VR::UI),
    (tags::POSITION_REFERENCE_INDICATOR, VR::LO),
];

/// One segment per class but the background.
fn segments(object: &mut InMemDicomObject, classes: &ClassTable) {
    let items = classes.names().into_iter().enumerate().skip(1).map(|(class_idx, name)| {
        let mut segment = InMemDicomObject::new_empty();
        short(&mut segment, tags::SEGMENT_NUMBER, class_idx as u16);
        text(&mut segment, tags::SEGMENT_LABEL, VR::LO, &name);
        text(&mut segment, tags::SEGMENT_ALGORITHM_TYPE, VR::CS, "AUTOMATIC");
        text(&mut segment, tags::SEGMENT_ALGORITHM_NAME, VR::LO, "mis");
        for tag in
            [tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE, tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE]
        {
            sequence(&mut segment, tag, vec![code("85756007", "SCT", "Tissue")]);
        }
        segment
    });
    sequence(object, tags::SEGMENT_SEQUENCE, items.collect());
}

/// A frame per class and slice that has voxels of it, with its place; where no class has any, one empty frame.
fn frames(
    object: &mut InMemDicomObject,
    labels: &LabelMap,
    series: &Series,
    source: &Source,
    n_classes: usize,
) -> Result<()> {
    let geometry = series.geometry();
    let [ni, nj, nk] = geometry.shape;
    let data = labels.data();
    let mut shown = Vec::new();
    for class in 1..n_classes {
        for k in 0..nk {
            let class = class as u8;
            if data.slice(ndarray::s![.., .., k]).iter().any(|&label| label == class) {
                shown.push((class, k));
            }
        }
    }
    if shown.is_empty() {
        shown.push((1, 0));
    }
    // Bits follow each other without gaps between rows and frames, lowest first.
    let mut bits = vec![0_u8; (shown.len() * ni * nj).div_ceil(8).next_multiple_of(2)];
    let mut at = 0;
    let mut groups = Vec::with_capacity(shown.len());
    for &(class, k) in &shown {
        for j in 0..nj {
            for i in 0..ni {
                bits[at / 8] |= u8::from(data[(i, j, k)] == class) << (at % 8);
                at += 1;
            }
        }
        let place = decimals(&ras(geometry.affine.world([0.0, 0.0, k as f64])));
        groups.push(frame_group(class, k, &place, &source.instances[k]));
    }
    long(object, tags::NUMBER_OF_FRAMES, shown.len());
    short(object, tags::ROWS, u16::try_from(nj)?);
    short(object, tags::COLUMNS, u16::try_from(ni)?);
    sequence(object, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![shared_group(series)]);
    sequence(object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, groups);
    dimensions(object, &uid(&[b"dimensions", series.uid.as_bytes()]));
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::from(bits)));
    Ok(())
}

/// Segment and place are what tells frames apart.
fn dimensions(object: &mut InMemDicomObject, organization: &str) {
    let mut item = InMemDicomObject::new_empty();
    text(&mut item, tags::DIMENSION_ORGANIZATION_UID, VR::UI, organization);
    sequence(object, tags::DIMENSION_ORGANIZATION_SEQUENCE, vec![item]);
    let pointers = [
        (tags::REFERENCED_SEGMENT_NUMBER, tags::SEGMENT_IDENTIFICATION_SEQUENCE),
        (tags::IMAGE_POSITION_PATIENT, tags::PLANE_POSITION_SEQUENCE),
    ];
    let items = pointers.into_iter().map(|(what, group)| {
        let mut item = InMemDicomObject::new_empty();
        text(&mut item, tags::DIMENSION_ORGANIZATION_UID, VR::UI, organization);
        item.put(DataElement::new(tags::DIMENSION_INDEX_POINTER, VR::AT, PrimitiveValue::from(what)));
        item.put(DataElement::new(tags::FUNCTIONAL_GROUP_POINTER, VR::AT, PrimitiveValue::from(group)));
        item
    });
    sequence(object, tags::DIMENSION_INDEX_SEQUENCE, items.collect());
}

fn shared_group(series: &Series) -> InMemDicomObject {
    let affine = series.geometry().affine;
    let ([along_columns, along_rows, slices], direction) = (affine.spacing(), affine.direction());
    let column = |axis: usize| ras(std::array::from_fn(|row| direction[row][axis]));
    let mut orientation = InMemDicomObject::new_empty();
    let axes = [column(0), column(1)].concat();
    text(&mut orientation, tags::IMAGE_ORIENTATION_PATIENT, VR::DS, &decimals(&axes));
    let mut measures = InMemDicomObject::new_empty();
    text(&mut measures, tags::PIXEL_SPACING, VR::DS, &decimals(&[along_rows, along_columns]));
    text(&mut measures, tags::SLICE_THICKNESS, VR::DS, &decimals(&[slices]));
    text(&mut measures, tags::SPACING_BETWEEN_SLICES, VR::DS, &decimals(&[slices]));
    let mut shared = InMemDicomObject::new_empty();
    sequence(&mut shared, tags::PLANE_ORIENTATION_SEQUENCE, vec![orientation]);
    sequence(&mut shared, tags::PIXEL_MEASURES_SEQUENCE, vec![measures]);
    shared
}

fn frame_group(class: u8, k: usize, place: &str, source: &(String, String)) -> InMemDicomObject {
    let mut identification = InMemDicomObject::new_empty();
    short(&mut identification, tags::REFERENCED_SEGMENT_NUMBER, class.into());
    let mut position = InMemDicomObject::new_empty();
    text(&mut position, tags::IMAGE_POSITION_PATIENT, VR::DS, place);
    let mut content = InMemDicomObject::new_empty();
    let values = vec![u32::from(class), k as u32 + 1];
    content.put(DataElement::new(tags::DIMENSION_INDEX_VALUES, VR::UL, PrimitiveValue::U32(values.into())));
    let mut image = reference(source);
    let purpose = code("121322", "DCM", "Source image for image processing operation");
    sequence(&mut image, tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, vec![purpose]);
    let mut derivation = InMemDicomObject::new_empty();
    sequence(&mut derivation, tags::SOURCE_IMAGE_SEQUENCE, vec![image]);
    sequence(&mut derivation, tags::DERIVATION_CODE_SEQUENCE, vec![code("113076", "DCM", "Segmentation")]);
    let mut group = InMemDicomObject::new_empty();
    sequence(&mut group, tags::SEGMENT_IDENTIFICATION_SEQUENCE, vec![identification]);
    sequence(&mut group, tags::PLANE_POSITION_SEQUENCE, vec![position]);
    sequence(&mut group, tags::FRAME_CONTENT_SEQUENCE, vec![content]);
    sequence(&mut group, tags::DERIVATION_IMAGE_SEQUENCE, vec![derivation]);
    group
}

fn reference((class, instance): &(String, String)) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    text(&mut item, tags::REFERENCED_SOP_CLASS_UID, VR::UI, class);
    text(&mut item, tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, instance);
    item
}

fn code(value: &str, scheme: &str, meaning: &str) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    text(&mut item, tags::CODE_VALUE, VR::SH, value);
    text(&mut item, tags::CODING_SCHEME_DESIGNATOR, VR::SH, scheme);
    text(&mut item, tags::CODE_MEANING, VR::LO, meaning);
    item
}

fn text(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    let value = if value.is_empty() { PrimitiveValue::Empty } else { PrimitiveValue::from(value) };
    object.put(DataElement::new(tag, vr, value));
}

fn short(object: &mut InMemDicomObject, tag: Tag, value: u16) {
    object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
}

fn long(object: &mut InMemDicomObject, tag: Tag, value: usize) {
    object.put(DataElement::new(tag, VR::IS, PrimitiveValue::from(value.to_string())));
}

fn sequence(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    object.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}

/// Numbers as DICOM's decimal strings, which have at most 16 characters.
fn decimals(numbers: &[f64]) -> String {
    let decimal = |&number: &f64| {
        let mut digits = 12;
        loop {
            let text = format!("{number:.digits$}");
            if text.len() <= 16 || digits == 0 {
                return text;
            }
            digits -= 1;
        }
    };
    numbers.iter().map(decimal).collect::<Vec<_>>().join("\\")
}

/// A UID that follows from what it stands for, in the form that is made of a UUID.
fn uid(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    // Version 8 (one's own rule), variant 1 of RFC 9562.
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    format!("2.25.{}", u128::from_be_bytes(bytes))
}
