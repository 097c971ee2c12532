/**
 * Units of UCUM (the Unified Code for Units of Measure, https://ucum.org/ucum, version 2.2) that plants, buildings and their laboratories
 * use, by case-sensitive code: the number and the unit that define each, as the standard writes them. An empty definition is a unit that
 * stands for itself: the seven base units (section 28), and those without a fixed proportion to others (arbitrary and logarithmic ones,
 * sections 24 and 22), which convert into their own multiples only. The mole stands for itself too: the standard calls it a plain number,
 * and its reference implementation, like everybody, does not. Left out: homeopathy, pharmacy, typography, units of old countries.
 *
 * Copyright of the codes: NOTICE.
 */

/** Units that take prefixes. */
export const METRIC: Readonly<Record<string, string>> = {
  ...{ m: '', s: '', g: '', rad: '', K: '', C: '', cd: '', mol: '' },
  ...{ sr: '1 rad2', Hz: '1 s-1', N: '1 kg.m/s2', Pa: '1 N/m2', J: '1 N.m', W: '1 J/s', A: '1 C/s' },
  ...{ V: '1 J/C', F: '1 C/V', Ohm: '1 V/A', S: '1 Ohm-1', Wb: '1 V.s', T: '1 Wb/m2', H: '1 Wb/A', lm: '1 cd.sr', lx: '1 lm/m2' },
  ...{ Bq: '1 s-1', Gy: '1 J/kg', Sv: '1 J/kg', kat: '1 mol/s', mho: '1 S' },
  ...{ l: '1 dm3', L: '1 l', ar: '100 m2', t: '1e3 kg', bar: '1e5 Pa', u: '1.66053906660e-24 g', eV: '1 [e].V', pc: '3.085678e16 m' },
  ...{ '[c]': '299792458 m/s', '[h]': '6.62607015e-34 J.s', '[k]': '1.380649e-23 J/K', '[e]': '1.602176634e-19 C' },
  ...{ '[g]': '9.80665 m/s2', gf: '1 g.[g]', '[ly]': '1 [c].a_j', tex: '1 g/km', st: '1 m3' },
  ...{ Gal: '1 cm/s2', dyn: '1 g.cm/s2', erg: '1 dyn.cm', P: '1 dyn.s/cm2', St: '1 cm2/s', G: '1e-4 T', Mx: '1e-8 Wb', Bi: '10 A' },
  ...{ sb: '1 cd/cm2', ph: '1e-4 lx', Oe: '250 /[pi].A/m', Ci: '37e9 Bq', R: '2.58e-4 C/kg', RAD: '100 erg/g', REM: '1 RAD' },
  ...{ 'cal_[15]': '4.18580 J', 'cal_[20]': '4.18190 J', cal_m: '4.19002 J', cal_IT: '4.1868 J', cal_th: '4.184 J', cal: '1 cal_th' },
  ...{ 'm[H2O]': '9.80665 kPa', 'm[Hg]': '133.3220 kPa', '[car_m]': '0.2 g', U: '1 umol/min', 'g%': '1 g/dl' },
  ...{ bit: '1 1', By: '8 bit', Bd: '1 /s' },
  ...{ B: '', Np: '', 'B[SPL]': '', 'B[V]': '', 'B[mV]': '', 'B[uV]': '', 'B[W]': '', 'B[kW]': '', '[iU]': '' },
}

/** Units that take none. */
export const PLAIN: Readonly<Record<string, string>> = {
  ...{ '10*': '10 1', '10^': '10 1', '[pi]': '3.1415926535897932384626433832795028841971693993751058209749445923 1' },
  ...{ '%': '1 10*-2', '[ppth]': '1 10*-3', '[ppm]': '1 10*-6', '[ppb]': '1 10*-9', '[pptr]': '1 10*-12' },
  ...{ deg: '2 [pi].rad/360', "'": '1 deg/60', "''": "1 '/60", gon: '0.9 deg', circ: '2 [pi].rad', sph: '4 [pi].sr' },
  ...{ min: '60 s', h: '60 min', d: '24 h', wk: '7 d', a_t: '365.24219 d', a_j: '365.25 d', a_g: '365.2425 d', a: '1 a_j' },
  ...{ mo_s: '29.53059 d', mo_j: '1 a_j/12', mo_g: '1 a_g/12', mo: '1 mo_j' },
  ...{ atm: '101325 Pa', att: '1 kgf/cm2', Ao: '0.1 nm', b: '100 fm2', AU: '149597.870691 Mm', '[degR]': '5 K/9' },
  ...{ '[in_i]': '2.54 cm', '[ft_i]': '12 [in_i]', '[yd_i]': '3 [ft_i]', '[mi_i]': '5280 [ft_i]', '[fth_i]': '6 [ft_i]' },
  ...{ '[nmi_i]': '1852 m', '[kn_i]': '1 [nmi_i]/h', '[mil_i]': '1e-3 [in_i]', '[cml_i]': '1 [pi]/4.[mil_i]2', '[mesh_i]': '1 /[in_i]' },
  ...{ '[sin_i]': '1 [in_i]2', '[sft_i]': '1 [ft_i]2', '[syd_i]': '1 [yd_i]2' },
  ...{ '[cin_i]': '1 [in_i]3', '[cft_i]': '1 [ft_i]3', '[cyd_i]': '1 [yd_i]3' },
  ...{ '[ft_us]': '1200 m/3937', '[in_us]': '1 [ft_us]/12', '[yd_us]': '3 [ft_us]', '[rd_us]': '16.5 [ft_us]', '[mi_us]': '320 [rd_us]' },
  ...{ '[acr_us]': '160 [rd_us]2' },
  ...{ '[gal_us]': '231 [in_i]3', '[bbl_us]': '42 [gal_us]', '[qt_us]': '1 [gal_us]/4', '[pt_us]': '1 [qt_us]/2' },
  ...{ '[foz_us]': '1 [pt_us]/16', '[bu_us]': '2150.42 [in_i]3', '[gal_br]': '4.54609 l', '[qt_br]': '1 [gal_br]/4' },
  ...{ '[pt_br]': '1 [qt_br]/2', '[foz_br]': '1 [pt_br]/20', '[bu_br]': '8 [gal_br]' },
  ...{ '[gr]': '64.79891 mg', '[lb_av]': '7000 [gr]', '[oz_av]': '1 [lb_av]/16', '[stone_av]': '14 [lb_av]', '[oz_tr]': '480 [gr]' },
  ...{ '[scwt_av]': '100 [lb_av]', '[lcwt_av]': '112 [lb_av]', '[ston_av]': '20 [scwt_av]', '[lton_av]': '20 [lcwt_av]' },
  ...{ '[lbf_av]': '1 [lb_av].[g]', '[psi]': '1 [lbf_av]/[in_i]2', '[HP]': '550 [ft_i].[lbf_av]/s', '[den]': '1 g/9/km' },
  ...{ "[in_i'H2O]": '1 m[H2O].[in_i]/m', "[in_i'Hg]": '1 m[Hg].[in_i]/m' },
  ...{ '[Cal]': '1 kcal_th', '[Btu_39]': '1.05967 kJ', '[Btu_59]': '1.05480 kJ', '[Btu_60]': '1.05468 kJ', '[Btu_m]': '1.05587 kJ' },
  ...{ '[Btu_IT]': '1.05505585262 kJ', '[Btu_th]': '1.054350 kJ', '[Btu]': '1 [Btu_th]' },
  ...{ '[diop]': '1 /m', '[pH]': '', '[NTU]': '', '[FNU]': '', '[CFU]': '', '[S]': '1 10*-13.s' },
}

/** Scales with a zero of their own (section 22): one step in kelvin, and the zero in kelvin. NIST SP 811, B.8: 273.15 and 459.67 are exact. */
export const SCALES: Readonly<Record<string, { readonly metric: boolean; readonly step: string; readonly zero: string }>> = {
  Cel: { metric: true, step: '1 K', zero: '273.15 K' },
  '[degF]': { metric: false, step: '5 K/9', zero: '459.67 [degR]' },
  '[degRe]': { metric: false, step: '5 K/4', zero: '273.15 K' },
}

/** Section 27, and the binary prefixes of section 48. */
export const PREFIXES: Readonly<Record<string, string>> = {
  ...{ Y: '1e24', Z: '1e21', E: '1e18', P: '1e15', T: '1e12', G: '1e9', M: '1e6', k: '1e3', h: '1e2', da: '1e1', d: '1e-1', c: '1e-2' },
  ...{ m: '1e-3', u: '1e-6', n: '1e-9', p: '1e-12', f: '1e-15', a: '1e-18', z: '1e-21', y: '1e-24' },
  ...{ Ki: '1024', Mi: '1048576', Gi: '1073741824', Ti: '1099511627776' },
}
