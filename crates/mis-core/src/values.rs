//! Values in memory of their own, or in memory that others hold too.

use std::fmt;
use std::sync::Arc;

use anyhow::{Result, ensure};
use ndarray::{Array, ArrayView, Dimension};

/// Read-only values that several holders share, such as those of a mapped file; the slice is the same at each call.
pub type SharedValues<T> = Arc<dyn AsRef<[T]> + Send + Sync>;

/// The values of a volume, a label map or a batch, in standard (C) layout. Shared ones are copied before they are
/// written to.
#[derive(Clone)]
pub(crate) enum Values<T: 'static, D> {
    Own(Array<T, D>),
    Shared { memory: SharedValues<T>, dim: D },
}

impl<T: Clone + 'static, D: Dimension> Values<T, D> {
    /// An array brought into standard layout if need be.
    pub(crate) fn own(data: Array<T, D>) -> Self {
        Self::Own(if data.is_standard_layout() { data } else { data.as_standard_layout().into_owned() })
    }

    /// Shared values of this shape, which must hold just as many.
    pub(crate) fn shared(memory: SharedValues<T>, dim: D) -> Result<Self> {
        let (n, shape) = ((*memory).as_ref().len(), dim.slice());
        ensure!(n == dim.size(), "expected {} values for shape {shape:?}, found {n}", dim.size());
        Ok(Self::Shared { memory, dim })
    }

    pub(crate) fn view(&self) -> ArrayView<'_, T, D> {
        match self {
            Self::Own(data) => data.view(),
            Self::Shared { memory, dim } => ArrayView::from_shape(dim.clone(), (**memory).as_ref())
                .expect("shared values fill their shape"),
        }
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        match self {
            Self::Own(data) => data.as_slice().expect("values are in standard layout"),
            Self::Shared { memory, .. } => (**memory).as_ref(),
        }
    }

    pub(crate) fn as_slice_mut(&mut self) -> &mut [T] {
        if matches!(self, Self::Shared { .. }) {
            *self = Self::Own(self.view().to_owned());
        }
        match self {
            Self::Own(data) => data.as_slice_mut().expect("values are in standard layout"),
            Self::Shared { .. } => unreachable!("shared values were copied above"),
        }
    }

    pub(crate) fn into_array(self) -> Array<T, D> {
        match self {
            Self::Own(data) => data,
            shared @ Self::Shared { .. } => shared.view().to_owned(),
        }
    }
}

impl<T: Clone + PartialEq + 'static, D: Dimension> PartialEq for Values<T, D> {
    fn eq(&self, other: &Self) -> bool {
        self.view() == other.view()
    }
}

impl<T: Clone + fmt::Debug + 'static, D: Dimension> fmt::Debug for Values<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Dim;

    #[test]
    fn shared_values_are_copied_before_they_are_written_to() {
        let memory: SharedValues<u8> = Arc::new(vec![1, 2, 3, 4, 5, 6]);
        let mut values = Values::shared(memory.clone(), Dim([2, 3])).unwrap();
        assert_eq!(values, Values::own(ndarray::arr2(&[[1, 2, 3], [4, 5, 6]])));
        values.as_slice_mut()[0] = 9;
        assert_eq!(values.as_slice(), [9, 2, 3, 4, 5, 6]);
        assert_eq!((*memory).as_ref()[0], 1);
    }

    #[test]
    fn shared_values_that_do_not_fill_their_shape_are_refused() {
        let error = Values::shared(Arc::new(vec![0_u8; 5]), Dim([2, 3])).unwrap_err();
        assert_eq!(error.to_string(), "expected 6 values for shape [2, 3], found 5");
    }
}
