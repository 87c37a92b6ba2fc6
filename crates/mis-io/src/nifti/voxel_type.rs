//! How a voxel is stored.

use std::fmt;

use anyhow::{Result, bail};

/// How the voxels of a file are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names say it")]
pub enum VoxelType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
    /// Red, green and blue as one byte each: three channels. Read only.
    Rgb,
    /// As [`VoxelType::Rgb`] with an alpha byte: four channels. Read only.
    Rgba,
}

/// Each type with NIfTI's code for it.
const CODES: [(VoxelType, i16); 12] = [
    (VoxelType::U8, 2),
    (VoxelType::I16, 4),
    (VoxelType::I32, 8),
    (VoxelType::F32, 16),
    (VoxelType::F64, 64),
    (VoxelType::Rgb, 128),
    (VoxelType::I8, 256),
    (VoxelType::U16, 512),
    (VoxelType::U32, 768),
    (VoxelType::I64, 1024),
    (VoxelType::U64, 1280),
    (VoxelType::Rgba, 2304),
];

impl VoxelType {
    pub(super) fn from_code(code: i16) -> Result<Self> {
        if let Some((voxel_type, _)) = CODES.iter().find(|(_, known)| *known == code) {
            return Ok(*voxel_type);
        }
        let found = match code {
            1 => "bits (datatype 1)".to_owned(),
            32 | 1792 | 2048 => format!("complex numbers (datatype {code})"),
            1536 => "128-bit floats (datatype 1536)".to_owned(),
            _ => format!("datatype {code}, which is unknown"),
        };
        bail!("expected voxels of real numbers or colors, found {found}")
    }

    pub(super) fn code(self) -> i16 {
        CODES.iter().find(|(known, _)| *known == self).expect("every type has a code").1
    }

    /// Bytes of one voxel.
    pub(super) fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::Rgb => 3,
            Self::U32 | Self::I32 | Self::F32 | Self::Rgba => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Numbers in one voxel.
    pub(super) fn n_components(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Rgba => 4,
            _ => 1,
        }
    }
}

impl fmt::Display for VoxelType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}
