//! Colors of classes.

/// Colors in their order: of class 1, 2 and so on. Made by `data-fixtures/palette.py`.
const COLORS: [[u8; 3]; 64] = [
    [255, 45, 45],
    [60, 105, 255],
    [0, 255, 0],
    [30, 120, 0],
    [225, 180, 255],
    [225, 0, 240],
    [240, 180, 0],
    [15, 180, 180],
    [150, 75, 135],
    [45, 255, 225],
    [165, 105, 15],
    [45, 180, 0],
    [135, 0, 225],
    [240, 105, 180],
    [150, 135, 210],
    [0, 120, 165],
    [195, 240, 105],
    [225, 135, 105],
    [105, 210, 255],
    [195, 0, 60],
    [105, 210, 135],
    [0, 165, 255],
    [210, 0, 150],
    [165, 90, 255],
    [165, 165, 60],
    [75, 150, 90],
    [210, 135, 255],
    [195, 90, 105],
    [120, 90, 195],
    [255, 150, 180],
    [255, 90, 255],
    [90, 30, 255],
    [165, 30, 180],
    [255, 15, 135],
    [195, 90, 195],
    [30, 255, 150],
    [165, 210, 0],
    [0, 225, 75],
    [165, 165, 255],
    [255, 210, 120],
    [75, 135, 210],
    [255, 0, 195],
    [255, 165, 120],
    [210, 60, 0],
    [180, 0, 240],
    [0, 90, 210],
    [165, 75, 60],
    [90, 180, 105],
    [0, 150, 0],
    [120, 120, 0],
    [195, 210, 120],
    [255, 105, 120],
    [255, 105, 0],
    [15, 210, 195],
    [120, 120, 255],
    [195, 135, 45],
    [120, 75, 255],
    [165, 240, 180],
    [255, 135, 225],
    [210, 90, 255],
    [210, 105, 60],
    [165, 105, 165],
    [225, 45, 90],
    [210, 120, 150],
];

/// The color (red, green, blue) of a class from 1 on: red, blue (kidney and tumor in MIScnn's figures), then each as
/// unlike those before it as can be. There are 64; then they come again.
///
/// # Panics
/// For the background, which has none.
#[must_use]
pub fn class_color(class: u8) -> [u8; 3] {
    assert!(class > 0, "the background has no color");
    COLORS[usize::from(class - 1) % COLORS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ottosson's OKLab, in which distances are as large as they look.
    fn oklab(color: [u8; 3]) -> [f64; 3] {
        let linear = color.map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        let product =
            |rows: [[f64; 3]; 3], v: [f64; 3]| rows.map(|row| (0..3).map(|n| row[n] * v[n]).sum::<f64>());
        let cones = product(
            [
                [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
                [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
                [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
            ],
            linear,
        );
        product(
            [
                [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
                [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
                [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
            ],
            cones.map(f64::cbrt),
        )
    }

    #[test]
    fn sixty_colors_are_told_apart_from_each_other_and_from_grey() {
        let colors: Vec<_> = (1..=60).map(|class| oklab(class_color(class))).collect();
        for (n, a) in colors.iter().enumerate() {
            assert!(a[1].hypot(a[2]) > 0.1, "class {} is nearly grey", n + 1);
            for (m, b) in colors[..n].iter().enumerate() {
                let apart = (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f64>().sqrt();
                // 0.02 is about the least that is seen; the first dozen is to be told apart at a glance.
                let least = if n < 12 { 0.15 } else { 0.07 };
                assert!(apart > least, "classes {} and {} are {apart:.3} apart", n + 1, m + 1);
            }
        }
    }
}
