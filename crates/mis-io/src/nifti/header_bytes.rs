//! The bytes of a header of our own making.

use super::header::{NiftiHeader, Version};

impl NiftiHeader {
    /// Header and extension flag (no extensions) of a single little-endian file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Bytes(vec![0; self.version.voxel_start()]);
        let mut dim = [1_i64; 8];
        dim[0] = self.dims.len() as i64;
        for (slot, &extent) in dim[1..].iter_mut().zip(&self.dims) {
            *slot = extent as i64;
        }
        let place = &self.placement;
        let mut pixdim = [1.0; 8];
        pixdim[..4].copy_from_slice(&place.pixdim);
        let bits = 8 * self.voxel_type.size() as i16;
        let rotation =
            place.quaternion.into_iter().chain(place.offset).chain(place.srow.into_iter().flatten());
        match self.version {
            Version::One => {
                out.put(0, 348_i32.to_le_bytes());
                out.put(38, *b"r");
                out.put_each(40, dim.map(|extent| (extent as i16).to_le_bytes()));
                out.put(70, self.voxel_type.code().to_le_bytes());
                out.put(72, bits.to_le_bytes());
                out.put_each(76, pixdim.map(|step| (step as f32).to_le_bytes()));
                out.put(108, (self.offset as f32).to_le_bytes());
                out.put(112, 1_f32.to_le_bytes());
                out.put(123, [self.units]);
                out.put(148, self.description);
                out.put(252, (place.qform_code as i16).to_le_bytes());
                out.put(254, (place.sform_code as i16).to_le_bytes());
                out.put_each(256, rotation.map(|v| (v as f32).to_le_bytes()));
                out.put(344, *b"n+1\0");
            }
            Version::Two => {
                out.put(0, 540_i32.to_le_bytes());
                out.put(4, *b"n+2\0\r\n\x1a\n");
                out.put(12, self.voxel_type.code().to_le_bytes());
                out.put(14, bits.to_le_bytes());
                out.put_each(16, dim.map(i64::to_le_bytes));
                out.put_each(104, pixdim.map(f64::to_le_bytes));
                out.put(168, self.offset.to_le_bytes());
                out.put(176, 1_f64.to_le_bytes());
                out.put(240, self.description);
                out.put(344, place.qform_code.to_le_bytes());
                out.put(348, place.sform_code.to_le_bytes());
                out.put_each(352, rotation.map(f64::to_le_bytes));
                out.put(500, i32::from(self.units).to_le_bytes());
            }
        }
        out.0
    }
}

struct Bytes(Vec<u8>);

impl Bytes {
    fn put<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        self.0[at..at + N].copy_from_slice(&bytes);
    }

    fn put_each<const N: usize>(&mut self, at: usize, items: impl IntoIterator<Item = [u8; N]>) {
        for (idx, item) in items.into_iter().enumerate() {
            self.put(at + idx * N, item);
        }
    }
}
