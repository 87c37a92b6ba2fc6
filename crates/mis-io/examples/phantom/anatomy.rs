//! Where the tissues of one phantom lie, in mm: x to the patient's right, y to the front, z to the head.

use mis_core::SampleRng;
use rand::Rng as _;

pub(crate) type Point = [f64; 3];

/// Class of the kidneys, as in KiTS19.
pub(crate) const KIDNEY: u8 = 1;
/// Class of the tumor, as in KiTS19.
pub(crate) const TUMOR: u8 = 2;

/// Tissues of one patient. The first of `organs` that holds a point decides, then the layers of the trunk.
#[derive(Debug)]
pub(crate) struct Anatomy {
    organs: Vec<Organ>,
    /// Half widths of the trunk along x and y; under the skin lie fat and a muscle wall this thick.
    trunk: [f64; 2],
    fat: f64,
    wall: f64,
    /// Height of the first disc between vertebrae, and how they repeat.
    disc: f64,
}

#[derive(Debug)]
struct Organ {
    shape: Ellipsoid,
    hounsfield: f64,
    class: u8,
}

/// An ellipsoid, or a cylinder along z where the third half axis is infinite, turned about its center.
#[derive(Debug)]
struct Ellipsoid {
    center: Point,
    half_axes: Point,
    /// Its own axes, as rows.
    axes: [Point; 3],
}

impl Ellipsoid {
    fn upright(center: Point, half_axes: Point) -> Self {
        Self { center, half_axes, axes: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] }
    }

    /// Leaning to a side (about y), then to the front (about x), by tangents of half the angles.
    fn leaning(center: Point, half_axes: Point, side: f64, front: f64) -> Self {
        let [(cs, ss), (cf, sf)] = [side, front].map(rotation);
        let axes = [[cs, 0.0, -ss], [-sf * ss, cf, -sf * cs], [cf * ss, sf, cf * cs]];
        Self { center, half_axes, axes }
    }

    fn holds(&self, point: Point) -> bool {
        let from: Point = std::array::from_fn(|axis| point[axis] - self.center[axis]);
        let squares = (0..3).map(|axis| {
            let along = dot(&self.axes[axis], &from) / self.half_axes[axis];
            along * along
        });
        squares.sum::<f64>() < 1.0
    }

    /// A point in its own coordinates, in half axes, as a point in the body.
    fn point(&self, own: Point) -> Point {
        std::array::from_fn(|x| {
            self.center[x]
                + (0..3).map(|axis| self.axes[axis][x] * self.half_axes[axis] * own[axis]).sum::<f64>()
        })
    }
}

fn dot(a: &Point, b: &Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Cosine and sine from the tangent of half the angle: exact arithmetic, the same on every machine.
fn rotation(half_tangent: f64) -> (f64, f64) {
    let square = half_tangent * half_tangent;
    ((1.0 - square) / (1.0 + square), 2.0 * half_tangent / (1.0 + square))
}

impl Anatomy {
    /// One patient.
    pub(crate) fn draw(rng: &mut SampleRng) -> Self {
        let mut within =
            |low: f64, high: f64| low + (high - low) * f64::from(rng.random::<u32>()) / 4294967296.0;
        let tumor_side = if within(0.0, 1.0) < 0.5 { -1.0 } else { 1.0 };
        let trunk = [within(148.0, 162.0), within(104.0, 118.0)];
        let spine = [within(-4.0, 4.0), -0.52 * trunk[1], 0.0];

        let mut organs = Vec::new();
        let mut add = |shape, hounsfield, class| organs.push(Organ { shape, hounsfield, class });
        let enhanced = within(170.0, 190.0);
        let tumor_size = within(20.0, 26.0);
        // Kidneys: upper poles towards the spine and the back; the right one lies lower, under the liver.
        for side in [tumor_side, -tumor_side] {
            let low = if side > 0.0 { -12.0 } else { 0.0 };
            let center = [
                side * within(60.0, 68.0) + spine[0],
                spine[1] + within(12.0, 22.0),
                low + within(-8.0, 8.0),
            ];
            let half_axes = [within(24.0, 28.0), within(25.0, 30.0), within(48.0, 56.0)];
            let kidney = Ellipsoid::leaning(center, half_axes, side * within(-0.14, -0.06), within(0.0, 0.1));
            if side == tumor_side {
                // On the outer rim, half of it in the fat around the kidney, below liver and spleen.
                let (front, up) = (within(-0.35, 0.35), within(-0.6, 0.2));
                let out = side * (1.0 - front * front - up * up).sqrt();
                let at = kidney.point([out, front, up]);
                let roundness = within(0.9, 1.1);
                let half_axes = [tumor_size, tumor_size * roundness, tumor_size / roundness];
                add(Ellipsoid::upright(at, half_axes), within(90.0, 110.0), TUMOR);
            }
            // The sinus: fat where vessels enter, towards the spine.
            add(Ellipsoid::upright(kidney.point([-0.75 * side, 0.1, 0.0]), [11.0, 8.0, 16.0]), -60.0, 0);
            add(kidney, enhanced, KIDNEY);
        }
        let column =
            |center: Point, radii: [f64; 2]| Ellipsoid::upright(center, [radii[0], radii[1], f64::INFINITY]);
        // Canal, vertebrae and their processes; muscles beside and behind the spine; the great vessels before it.
        add(column([spine[0], spine[1] - 27.0, 0.0], [8.0, 7.0]), 30.0, 0);
        add(column(spine, [within(21.0, 25.0), within(18.0, 21.0)]), BONE, 0);
        add(column([spine[0], spine[1] - 36.0, 0.0], [7.0, 14.0]), 480.0, 0);
        for side in [-1.0, 1.0] {
            add(column([spine[0] + side * 34.0, spine[1] + 2.0, 0.0], [13.0, 16.0]), MUSCLE, 0);
            add(column([spine[0] + side * 36.0, spine[1] - 32.0, 0.0], [30.0, 17.0]), MUSCLE, 0);
        }
        add(column([spine[0] - 10.0, spine[1] + 31.0, 0.0], [9.0, 9.0]), 150.0, 0);
        add(column([spine[0] + 16.0, spine[1] + 30.0, 0.0], [11.0, 8.0]), 130.0, 0);
        // Liver to the right, spleen to the left and back, both in the upper half.
        let liver = [within(58.0, 70.0), within(18.0, 28.0), within(62.0, 76.0)];
        add(Ellipsoid::leaning(liver, [68.0, 62.0, within(58.0, 70.0)], within(0.05, 0.15), 0.0), 110.0, 0);
        let spleen = [within(-102.0, -92.0), within(-34.0, -22.0), within(58.0, 72.0)];
        add(Ellipsoid::leaning(spleen, [24.0, 36.0, within(36.0, 44.0)], 0.1, 0.0), 120.0, 0);
        // Loops of bowel in the front, some with gas on top.
        for _ in 0..9 {
            let center = [within(-85.0, 85.0), within(15.0, 62.0), within(-90.0, 60.0)];
            let half_axes = [within(14.0, 26.0), within(12.0, 20.0), within(14.0, 28.0)];
            if within(0.0, 1.0) < 0.5 {
                let gas = [center[0], center[1] + 0.4 * half_axes[1], center[2]];
                add(Ellipsoid::upright(gas, half_axes.map(|half| 0.5 * half)), -950.0, 0);
            }
            add(Ellipsoid::upright(center, half_axes), within(25.0, 50.0), 0);
        }
        Self { organs, trunk, fat: within(14.0, 24.0), wall: within(10.0, 14.0), disc: within(0.0, 36.0) }
    }

    /// Hounsfield units and class at a point.
    pub(crate) fn at(&self, point: Point) -> (f64, u8) {
        let inside = |inset: f64| {
            let (x, y) = (point[0] / (self.trunk[0] - inset), point[1] / (self.trunk[1] - inset));
            x * x + y * y < 1.0
        };
        if !inside(0.0) {
            return (-1000.0, 0);
        }
        if let Some(organ) = self.organs.iter().find(|organ| organ.shape.holds(point)) {
            let is_disc = organ.hounsfield == BONE && (point[2] + 360.0 - self.disc) % 36.0 < 9.0;
            return (if is_disc { 80.0 } else { organ.hounsfield }, organ.class);
        }
        let in_wall = inside(self.fat) && !inside(self.fat + self.wall);
        (if in_wall { MUSCLE } else { FAT }, 0)
    }
}

const FAT: f64 = -100.0;
const MUSCLE: f64 = 55.0;
const BONE: f64 = 430.0;
