//! Prepared samples on disk.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use mis_core::{Affine, LabelMap, Sample, SampleId, Volume};

use crate::StoreKey;
use crate::store_folder::StoreFolder;
use crate::stored_file::{self, Header, StoredFile};

/// A folder of samples, each a file of its own, of which a patch is read without the rest.
///
/// A sample that comes from the store is like any other, but its values lie in the mapped file: of a patch that is cut
/// from it, the pages of its rows are read. The system keeps what it has memory for. A sample is stored under its name and
/// [`StoreKey`]; of another key it is as good as not there. Files appear whole or not at all, and what a killed program
/// left is removed when the folder is opened next.
#[derive(Debug)]
pub struct SampleStore {
    folder: StoreFolder,
}

impl SampleStore {
    /// A store in this folder, which is made if need be.
    pub fn open(folder: &Path) -> Result<Self> {
        Ok(Self { folder: StoreFolder::open(folder)? })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stores a sample.
    pub fn put(&self, sample: &Sample, key: &StoreKey) -> Result<()> {
        let [i, j, k] = sample.image.shape();
        let n_channels = sample.image.n_channels();
        let header = Header {
            key: key.clone(),
            ids: vec![sample.id.0.clone()],
            shape: [1, n_channels, i, j, k],
            affine: Some(sample.image.affine().rows()),
            minima: (0..n_channels).map(|channel| sample.image.minimum(channel)).collect(),
            checksums: (0, None),
        };
        let labels = sample.labels.as_ref().map(LabelMap::as_slice);
        stored_file::write(&self.path(&sample.id, key), header, sample.image.as_slice(), labels)
    }

    /// The sample of this name and key, if it is stored. Its values are not looked at: see [`verify`](Self::verify).
    pub fn get(&self, id: &SampleId, key: &StoreKey) -> Result<Option<Sample>> {
        self.file(id, key)?.map(|file| sample(id, &file)).transpose()
    }

    /// Whether the sample of this name and key is stored; all of it is read once, and a damaged file is an error.
    pub fn verify(&self, id: &SampleId, key: &StoreKey) -> Result<bool> {
        let Some(file) = self.file(id, key)? else { return Ok(false) };
        file.verify().with_context(|| format!("cannot use {}", self.path(id, key).display()))?;
        Ok(true)
    }

    /// Bytes on disk of a sample of so many channels and voxels, with labels, to a page or two.
    #[must_use]
    pub fn n_bytes(n_channels: usize, n_voxels: usize) -> u64 {
        3 * 4096 + (4 * n_channels as u64 + 1) * n_voxels as u64
    }

    fn file(&self, id: &SampleId, key: &StoreKey) -> Result<Option<StoredFile>> {
        let path = self.path(id, key);
        if path.try_exists()? { StoredFile::open(&path, key).map(Some) } else { Ok(None) }
    }

    fn path(&self, id: &SampleId, key: &StoreKey) -> PathBuf {
        // The name is for the eye: the key tells cases apart.
        let name = id.0.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_', "_");
        let name: String = name.chars().take(100).collect();
        self.folder.path().join(format!("{name}.{}.mis", key.short()))
    }
}

fn sample(id: &SampleId, file: &StoredFile) -> Result<Sample> {
    let [_, n_channels, i, j, k] = file.header.shape;
    let affine = Affine::new(file.header.affine.context("expected a sample, found a batch")?)?;
    let labels = file.labels().map(|labels| LabelMap::shared(labels, [i, j, k], affine)).transpose()?;
    let image = Volume::shared(file.images(), [n_channels, i, j, k], affine, &file.header.minima)?;
    Ok(Sample { id: id.clone(), image, labels })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::PatchLocation;
    use mis_core::ndarray::{Array3, Array4};
    use std::fs;

    fn scan(shape: [usize; 3]) -> Sample {
        let [i, j, k] = shape;
        let affine = Affine::from_spacing([3.0, 0.8, 0.8]);
        let image = Array4::from_shape_fn((2, i, j, k), |(c, i, j, k)| (c * 1000 + i * j) as f32 - k as f32);
        let labels = Array3::from_shape_fn(shape, |(i, j, k)| ((i + j * k) % 3) as u8);
        Sample {
            id: "ward 3/case".into(),
            image: Volume::new(image, affine).unwrap(),
            labels: Some(LabelMap::new(labels, affine).unwrap()),
        }
    }

    fn file(store: &SampleStore) -> PathBuf {
        let mut files = fs::read_dir(store.folder()).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some_and(|ending| ending == "mis")).unwrap()
    }

    #[test]
    fn a_stored_sample_is_the_sample_and_so_are_its_patches() {
        let folder = tempfile::tempdir().unwrap();
        let (store, key) = (SampleStore::open(folder.path()).unwrap(), StoreKey::of(&["a"]));
        let mut scan = scan([7, 9, 11]);
        assert!(store.get(&scan.id, &key).unwrap().is_none());
        for labels in [scan.labels.clone(), None] {
            scan.labels = labels;
            store.put(&scan, &key).unwrap();
            assert!(store.verify(&scan.id, &key).unwrap());
            let stored = store.get(&scan.id, &key).unwrap().unwrap();
            assert_eq!(stored, scan);
            for start in [[1, 2, 3], [-2, 5, -4]] {
                let at = PatchLocation { start, shape: [4, 6, 7] };
                assert_eq!(stored.cut(&at), scan.cut(&at));
            }
        }
    }

    #[test]
    fn a_sample_of_another_key_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let store = SampleStore::open(folder.path()).unwrap();
        let scan = scan([3, 4, 5]);
        store.put(&scan, &StoreKey::of(&["clip to 100"])).unwrap();
        assert!(store.get(&scan.id, &StoreKey::of(&["clip to 200"])).unwrap().is_none());
        // Not even under the other one's name.
        let other = StoreKey::of(&["clip to 200"]);
        fs::rename(file(&store), store.path(&scan.id, &other)).unwrap();
        let error = format!("{:#}", store.get(&scan.id, &other).unwrap_err());
        assert!(error.ends_with("it was made from other data or settings"), "{error}");
    }

    #[test]
    fn a_flipped_bit_is_found_wherever_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (store, key) = (SampleStore::open(folder.path()).unwrap(), StoreKey::of(&["a"]));
        let scan = scan([3, 4, 5]);
        store.put(&scan, &key).unwrap();
        let path = file(&store);
        let whole = fs::read(&path).unwrap();
        let (images, labels) = (4096, 8192);
        let places = [0, 9, 13, 40, images, images + 4 * 119, labels, labels + 59];
        assert_eq!(whole.len(), labels + 60);
        for place in places {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x10;
            fs::write(&path, &damaged).unwrap();
            let error = store.verify(&scan.id, &key).expect_err(&format!("byte {place}"));
            assert!(format!("{error:#}").contains("ward_3_case"), "{error:#}");
        }
    }

    #[test]
    fn a_file_that_is_cut_off_or_another_altogether_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (store, key) = (SampleStore::open(folder.path()).unwrap(), StoreKey::of(&["a"]));
        let scan = scan([3, 4, 5]);
        store.put(&scan, &key).unwrap();
        let path = file(&store);
        let whole = fs::read(&path).unwrap();
        for length in [1, 15, 16, 60, 4096, 8192, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            store.get(&scan.id, &key).expect_err(&format!("{length} bytes"));
        }
        for other in [b"".to_vec(), vec![0xff; 9000], [b"MISDATA1".to_vec(), vec![0xff; 9000]].concat()] {
            fs::write(&path, other).unwrap();
            store.get(&scan.id, &key).unwrap_err();
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn of_a_patch_that_is_cut_the_rest_of_the_scan_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let (store, key) = (SampleStore::open(folder.path()).unwrap(), StoreKey::of(&["a"]));
        let scan = scan([64, 128, 128]);
        store.put(&scan, &key).unwrap();
        let path = file(&store);
        let stored = store.get(&scan.id, &key).unwrap().unwrap();
        assert!(resident_kib(&path) < 256, "a header takes a page, and the system a few around it");
        let patch = stored.cut(&PatchLocation { start: [8, 16, 16], shape: [8, 32, 32] });
        assert_eq!(patch.image.shape(), [8, 32, 32]);
        // 32 rows of 128 voxels of 8 planes, in two channels of 4 bytes and one of labels: 288 KiB, and up to 64 KiB
        // around each piece of it that is in the system's cache. The file has 9.2 MiB.
        let (resident, pieces) = (resident_kib(&path), 3 * 8);
        assert!(resident <= 256 + 288 + pieces * 128, "{resident} KiB of the file were touched");
    }

    /// How much of a mapped file is in the program's memory.
    #[cfg(target_os = "linux")]
    fn resident_kib(path: &Path) -> usize {
        let (maps, name) = (fs::read_to_string("/proc/self/smaps").unwrap(), path.to_str().unwrap());
        let of_file = maps.lines().skip_while(|line| !line.ends_with(name));
        let rss = of_file.skip(1).find_map(|line| line.strip_prefix("Rss:")).unwrap();
        rss.trim().trim_end_matches(" kB").parse().unwrap()
    }
}
