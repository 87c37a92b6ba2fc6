//! What a file says about its voxels.

use std::io::{BufRead, Read as _};

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::{Affine, Geometry};

use super::placement::Placement;
use super::voxel_type::VoxelType;

/// Bytes of the longest header, that of NIfTI-2, with the four that say whether extensions follow.
pub(super) const LONGEST: usize = 544;

/// The header of a NIfTI file: checked, so that lattice and sizes can be relied upon.
///
/// It is also the template from which a prediction takes its scan's place in space, units and description.
#[derive(Clone, Debug, PartialEq)]
pub struct NiftiHeader {
    pub(super) version: Version,
    pub(super) big_endian: bool,
    /// Extents from i on, 1 to 7 of them, as they stand in the file.
    pub(super) dims: Vec<usize>,
    pub(super) voxel_type: VoxelType,
    /// Bytes before the voxels, in the file that holds them.
    pub(super) offset: u64,
    /// Slope and intercept of the stored numbers; none where they mean themselves.
    pub(super) scaling: Option<(f64, f64)>,
    pub(super) placement: Placement,
    pub(super) units: u8,
    pub(super) description: [u8; 80],
    affine: Affine,
}

/// The two forms of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

impl Version {
    /// Bytes of header and extension flag: where the voxels of a single file start at the earliest.
    pub(super) fn voxel_start(self) -> usize {
        match self {
            Self::One => 352,
            Self::Two => LONGEST,
        }
    }
}

impl NiftiHeader {
    /// The lattice of the voxels.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        Geometry { shape: self.shape(), affine: self.affine }
    }

    /// Number of channels: frames of a 4-D (or higher) file times colors of a voxel.
    #[must_use]
    pub fn n_channels(&self) -> usize {
        self.n_frames() * self.voxel_type.n_components()
    }

    /// How voxels are stored.
    #[must_use]
    pub fn voxel_type(&self) -> VoxelType {
        self.voxel_type
    }

    /// The description, without padding.
    #[must_use]
    pub fn description(&self) -> String {
        let end = self.description.iter().position(|&byte| byte == 0).unwrap_or(80);
        String::from_utf8_lossy(&self.description[..end]).into_owned()
    }

    pub(super) fn shape(&self) -> [usize; 3] {
        shape_of(&self.dims)
    }

    pub(super) fn n_frames(&self) -> usize {
        self.dims.iter().skip(3).product()
    }

    /// Bytes that the voxels take in the file.
    pub(super) fn n_bytes(&self) -> usize {
        self.dims.iter().product::<usize>() * self.voxel_type.size()
    }

    /// A header for a file of our own making; what it does not say of itself is taken from the template.
    pub(super) fn for_writing(
        lattice: &Geometry,
        n_channels: usize,
        voxel_type: VoxelType,
        template: Option<&Self>,
    ) -> Self {
        let mut dims = lattice.shape.to_vec();
        if n_channels > 1 {
            dims.push(n_channels);
        }
        let same_place = |header: &&Self| lattice.check_same(&header.geometry()).is_ok();
        // NIfTI-1 counts in i16 and places in f32.
        let short = dims.iter().all(|&extent| extent <= i16::MAX as usize);
        let version = match template {
            Some(Self { version: Version::One, .. }) | None if short => Version::One,
            _ => Version::Two,
        };
        Self {
            version,
            big_endian: false,
            dims,
            voxel_type,
            offset: version.voxel_start() as u64,
            scaling: None,
            placement: template
                .filter(same_place)
                .map_or_else(|| Placement::of(&lattice.affine), |header| header.placement),
            // 2: millimetres.
            units: template.map_or(2, |header| header.units),
            description: template.map_or([0; 80], |header| header.description),
            affine: lattice.affine,
        }
    }

    /// Reads a header from the start of a file, compressed or not. `paired` says that the voxels are in a file of
    /// their own.
    pub(super) fn read(mut file: impl BufRead, paired: bool) -> Result<Self> {
        let mut bytes = Vec::with_capacity(LONGEST);
        if is_gzip(file.fill_buf()?) {
            flate2::read::MultiGzDecoder::new(file)
                .take(LONGEST as u64)
                .read_to_end(&mut bytes)
                .context("the gzip stream is broken within the header")?;
        } else {
            file.take(LONGEST as u64).read_to_end(&mut bytes)?;
        }
        let fields = Fields::parse(&bytes)?;
        fields.check(paired)
    }
}

/// Whether bytes start as a gzip stream does; no NIfTI header does.
pub(super) fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(&[0x1f, 0x8b])
}

fn shape_of(dims: &[usize]) -> [usize; 3] {
    std::array::from_fn(|axis| dims.get(axis).copied().unwrap_or(1))
}

/// The fields of both versions that matter here, as they stand in the file.
struct Fields {
    version: Version,
    big_endian: bool,
    dim: [i64; 8],
    datatype: i16,
    offset: f64,
    slope: f64,
    inter: f64,
    intent: i32,
    placement: Placement,
    units: u8,
    description: [u8; 80],
}

impl Fields {
    fn parse(bytes: &[u8]) -> Result<Self> {
        let Some(size) = bytes.first_chunk::<4>() else {
            bail!("expected a NIfTI header of at least 348 bytes, found {} bytes", bytes.len());
        };
        let (little, big) = (i32::from_le_bytes(*size), i32::from_be_bytes(*size));
        let (version, big_endian) = match (little, big) {
            (348, _) => (Version::One, false),
            (_, 348) => (Version::One, true),
            (540, _) => (Version::Two, false),
            (_, 540) => (Version::Two, true),
            _ => bail!("expected a NIfTI file, whose header starts with its size 348 or 540, found {little}"),
        };
        let expected = if version == Version::One { 348 } else { 540 };
        ensure!(
            bytes.len() >= expected,
            "expected a header of {expected} bytes, found {} bytes",
            bytes.len()
        );
        match version {
            Version::One => Self::version_one(bytes, big_endian),
            Version::Two => Self::version_two(bytes, big_endian),
        }
    }

    fn version_one(bytes: &[u8], big_endian: bool) -> Result<Self> {
        let magic = &bytes[344..348];
        ensure!(
            magic == b"n+1\0" || magic == b"ni1\0",
            "expected the mark n+1 or ni1 of NIfTI-1, found {:?} (Analyze files do not say where voxels lie)",
            magic.escape_ascii().to_string()
        );
        let header = ::nifti::NiftiHeader::from_reader(bytes)?;
        // The crate tells the byte order by dim[0], we by the header's size.
        ensure!(
            big_endian == (header.endianness == ::nifti::Endianness::Big),
            "expected 1 to 7 dimensions, found a dim[0] that fits neither byte order"
        );
        let pixdim = header.pixdim.map(f64::from);
        Ok(Self {
            version: Version::One,
            big_endian,
            // The crate reads NIfTI's signed extents as unsigned.
            dim: header.dim.map(|extent| i64::from(extent.cast_signed())),
            datatype: header.datatype,
            offset: header.vox_offset.into(),
            slope: header.scl_slope.into(),
            inter: header.scl_inter.into(),
            intent: header.intent_code.into(),
            placement: Placement {
                pixdim: [pixdim[0], pixdim[1], pixdim[2], pixdim[3]],
                qform_code: header.qform_code.into(),
                quaternion: [header.quatern_b, header.quatern_c, header.quatern_d].map(f64::from),
                offset: [header.quatern_x, header.quatern_y, header.quatern_z].map(f64::from),
                sform_code: header.sform_code.into(),
                srow: [header.srow_x, header.srow_y, header.srow_z].map(|row| row.map(f64::from)),
            },
            units: header.xyzt_units,
            description: header.descrip.try_into().unwrap_or([0; 80]),
        })
    }

    fn version_two(bytes: &[u8], big_endian: bool) -> Result<Self> {
        let magic = &bytes[4..12];
        ensure!(
            magic == b"n+2\0\r\n\x1a\n" || magic == b"ni2\0\r\n\x1a\n",
            "expected the mark n+2 or ni2 of NIfTI-2, found {:?}",
            magic.escape_ascii().to_string()
        );
        let long = |at: usize| {
            let bytes: [u8; 8] = std::array::from_fn(|byte| bytes[at + byte]);
            if big_endian { i64::from_be_bytes(bytes) } else { i64::from_le_bytes(bytes) }
        };
        let int = |at: usize| {
            let bytes: [u8; 4] = std::array::from_fn(|byte| bytes[at + byte]);
            if big_endian { i32::from_be_bytes(bytes) } else { i32::from_le_bytes(bytes) }
        };
        let short = |at: usize| {
            let bytes = [bytes[at], bytes[at + 1]];
            if big_endian { i16::from_be_bytes(bytes) } else { i16::from_le_bytes(bytes) }
        };
        let float = |at: usize| f64::from_bits(long(at).cast_unsigned());
        Ok(Self {
            version: Version::Two,
            big_endian,
            dim: std::array::from_fn(|axis| long(16 + 8 * axis)),
            datatype: short(12),
            offset: long(168) as f64,
            slope: float(176),
            inter: float(184),
            intent: int(504),
            placement: Placement {
                pixdim: std::array::from_fn(|axis| float(104 + 8 * axis)),
                qform_code: int(344),
                quaternion: std::array::from_fn(|part| float(352 + 8 * part)),
                offset: std::array::from_fn(|axis| float(376 + 8 * axis)),
                sform_code: int(348),
                srow: std::array::from_fn(|row| std::array::from_fn(|axis| float(400 + 32 * row + 8 * axis))),
            },
            units: (int(500) & 0xff) as u8,
            description: std::array::from_fn(|byte| bytes[240 + byte]),
        })
    }

    fn check(self, paired: bool) -> Result<NiftiHeader> {
        ensure!((1..=7).contains(&self.dim[0]), "expected 1 to 7 dimensions, found {}", self.dim[0]);
        ensure!(
            !(3000..3100).contains(&self.intent),
            "expected a scan, found CIFTI data of the brain's surface (intent {})",
            self.intent
        );
        let extents = &self.dim[1..=self.dim[0] as usize];
        ensure!(
            extents.iter().all(|&extent| extent > 0),
            "expected extents of at least 1, found {extents:?}"
        );
        let voxel_type = VoxelType::from_code(self.datatype)?;
        let dims: Vec<usize> =
            extents.iter().map(|&extent| usize::try_from(extent)).collect::<Result<_, _>>()?;
        let n_bytes = dims.iter().try_fold(voxel_type.size(), |n, &extent| n.checked_mul(extent));
        // Voxels become f32, four bytes per number.
        let fits = n_bytes.and_then(|n| n.checked_mul(4)).is_some_and(|n| isize::try_from(n).is_ok());
        ensure!(fits, "expected a volume that fits an address space, found extents {extents:?}");

        let start = self.version.voxel_start();
        let offset = match self.offset {
            0.0 if !paired => start as f64,
            offset => offset,
        };
        let first = if paired { 0.0 } else { (start - 4) as f64 };
        ensure!(
            offset.fract() == 0.0 && (first..=1e15).contains(&offset),
            "expected voxels from byte {first} on, found vox_offset {offset}"
        );
        // The standard: a slope of 0 means that the stored numbers are the values; colors are never scaled.
        let scaled = self.slope.is_finite() && self.slope != 0.0 && voxel_type.n_components() == 1;
        ensure!(!scaled || self.inter.is_finite(), "expected a finite scl_inter, found {}", self.inter);
        let mut placement = self.placement;
        // Axes that the file does not have need no spacing.
        for axis in dims.len()..3 {
            placement.pixdim[axis + 1] = 1.0;
        }
        let affine = placement.affine(shape_of(&dims))?;
        Ok(NiftiHeader {
            version: self.version,
            big_endian: self.big_endian,
            affine,
            dims,
            voxel_type,
            offset: offset as u64,
            scaling: (scaled && (self.slope, self.inter) != (1.0, 0.0)).then_some((self.slope, self.inter)),
            placement,
            units: self.units,
            description: self.description,
        })
    }
}
