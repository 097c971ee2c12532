/**
 * UNECE Recommendation 20, "Codes for Units of Measure Used in International Trade": common code and the UCUM code of the same unit.
 * OPC UA servers name units by these (OPC 10000-8, 5.6.3). The codes of continuous processes and buildings; trade's packings are left out.
 */
const CODES: Readonly<Record<string, string>> = {
  // Ratio and count.
  ...{ C62: '1', P1: '%', '59': '[ppm]', '61': '[ppb]', Q30: '[pH]', NIU: '{piece}', H87: '{piece}' },
  // Temperature.
  ...{
    CEL: 'Cel',
    FAH: '[degF]',
    KEL: 'K',
    A48: '[degR]',
    H12: 'Cel/h',
    H13: 'Cel/min',
    H14: 'Cel/s',
    F10: 'K/h',
    F11: 'K/min',
    F12: 'K/s',
  },
  // Time and rotation.
  ...{ SEC: 's', MIN: 'min', HUR: 'h', DAY: 'd', C26: 'ms', B98: 'us', C47: 'ns', WEE: 'wk' },
  ...{
    HTZ: 'Hz',
    KHZ: 'kHz',
    MHZ: 'MHz',
    A86: 'GHz',
    RPM: '{rev}/min',
    RPS: '{rev}/s',
    C97: '/s',
    C94: '/min',
    H10: '/h',
    M46: '{rev}/min',
  },
  ...{ C81: 'rad', C25: 'mrad', DD: 'deg', E96: 'deg/s', '2A': 'rad/s', '2B': 'rad/s2', A91: 'gon', M44: '{rev}' },
  // Length, area, volume.
  ...{
    MTR: 'm',
    DMT: 'dm',
    CMT: 'cm',
    MMT: 'mm',
    '4H': 'um',
    C45: 'nm',
    KMT: 'km',
    KTM: 'km',
    INH: '[in_i]',
    FOT: '[ft_i]',
    YRD: '[yd_i]',
  },
  ...{
    SMI: '[mi_i]',
    NMI: '[nmi_i]',
    '77': '[mil_i]',
    MTK: 'm2',
    CMK: 'cm2',
    MMK: 'mm2',
    KMK: 'km2',
    HAR: 'har',
    INK: '[sin_i]',
    FTK: '[sft_i]',
  },
  ...{
    MTQ: 'm3',
    LTR: 'l',
    MLT: 'ml',
    CLT: 'cl',
    HLT: 'hl',
    CMQ: 'cm3',
    DMQ: 'dm3',
    MMQ: 'mm3',
    '4G': 'ul',
    GLL: '[gal_us]',
    GLI: '[gal_br]',
  },
  ...{ FTQ: '[cft_i]', INQ: '[cin_i]', BLL: '[bbl_us]', NM3: 'm3{normal}', SM3: 'm3{standard}' },
  // Speed and vibration.
  ...{ MTS: 'm/s', KMH: 'km/h', C16: 'mm/s', '2M': 'cm/s', '2X': 'm/min', H81: 'mm/min', KNT: '[kn_i]', HM: '[mi_i]/h', FR: '[ft_i]/min' },
  ...{ FS: '[ft_i]/s', IU: '[in_i]/s', MSK: 'm/s2', M41: 'mm/s2', M39: 'cm/s2', K40: '[g]' },
  // Mass, density, force, torque.
  ...{ KGM: 'kg', GRM: 'g', MGM: 'mg', MC: 'ug', TNE: 't', LBR: '[lb_av]', ONZ: '[oz_av]', STN: '[ston_av]', LTN: '[lton_av]' },
  ...{
    KMQ: 'kg/m3',
    '23': 'g/cm3',
    GL: 'g/l',
    M1: 'mg/l',
    GP: 'mg/m3',
    GQ: 'ug/m3',
    A93: 'g/m3',
    B35: 'kg/l',
    H29: 'ug/l',
    '87': '[lb_av]/[cft_i]',
  },
  ...{
    NEW: 'N',
    B47: 'kN',
    B73: 'MN',
    C20: 'mN',
    B37: 'kgf',
    C78: '[lbf_av]',
    NU: 'N.m',
    B48: 'kN.m',
    D83: 'mN.m',
    M92: '[lbf_av].[ft_i]',
  },
  // Pressure. PS and 80 are both the pound-force per square inch, 80 the absolute one.
  ...{
    PAL: 'Pa',
    A97: 'hPa',
    KPA: 'kPa',
    MPA: 'MPa',
    BAR: 'bar',
    MBR: 'mbar',
    ATM: 'atm',
    ATT: 'att',
    PS: '[psi]',
    '80': '[psi]',
    '74': 'mPa',
  },
  ...{
    H75: 'daPa',
    C55: 'N/m2',
    C56: 'N/mm2',
    HP: 'mm[H2O]',
    H78: 'cm[H2O]',
    N23: 'm[H2O]',
    HN: 'mm[Hg]',
    F78: "[in_i'H2O]",
    F79: "[in_i'Hg]",
  },
  ...{ UA: '101325.Pa/760', E42: 'kgf/cm2', D5: 'kgf/cm2', H42: 'Pa/m', C65: 'Pa.s', C24: 'mPa.s', C7: 'cP', '4C': 'cSt', C17: 'mm2/s' },
  // Flow.
  ...{ MQH: 'm3/h', MQS: 'm3/s', G53: 'm3/min', G52: 'm3/d', L2: 'l/min', G51: 'l/s', E32: 'l/h', LD: 'l/d', '41': 'ml/min', '40': 'ml/s' },
  ...{
    '2J': 'cm3/s',
    '2K': '[cft_i]/h',
    '2L': '[cft_i]/min',
    G2: '[gal_us]/min',
    G50: '[gal_us]/h',
    G3: '[gal_br]/min',
    '5A': '[bbl_us]/min',
  },
  ...{ Q40: 'm3{normal}/h', Q39: 'm3{normal}/d', Q38: 'm3{standard}/h', Q37: 'm3{standard}/d', KGS: 'kg/s', E93: 'kg/h', F31: 'kg/min' },
  ...{ E18: 't/h', F29: 'g/s', F28: 'g/min', F27: 'g/h', '4U': '[lb_av]/h' },
  // Energy, power, heat.
  ...{
    JOU: 'J',
    KJO: 'kJ',
    '3B': 'MJ',
    GV: 'GJ',
    WHR: 'W.h',
    KWH: 'kW.h',
    MWH: 'MW.h',
    GWH: 'GW.h',
    WTT: 'W',
    KWT: 'kW',
    MAW: 'MW',
    A90: 'GW',
  },
  ...{ C31: 'mW', BHP: '[HP]', HJ: '75.kgf.m/s', N12: '75.kgf.m/s', BTU: '[Btu_IT]', '2I': '[Btu_IT]/h', E14: 'kcal_IT', D54: 'W/m2' },
  ...{ D53: 'W/(m.K)', D55: 'W/(m2.K)', J2: 'J/kg', B42: 'kJ/kg', JK: 'MJ/kg', B11: 'J/(kg.K)', JM: 'MJ/m3', Q35: 'MW/min' },
  ...{ KWN: 'kW.h/m3{normal}', KWS: 'kW.h/m3{standard}' },
  // Electricity.
  ...{
    AMP: 'A',
    '4K': 'mA',
    B84: 'uA',
    B22: 'kA',
    AMH: 'A.h',
    E09: 'mA.h',
    COU: 'C',
    VLT: 'V',
    KVT: 'kV',
    '2Z': 'mV',
    D82: 'uV',
    D50: 'V/m',
  },
  ...{ OHM: 'Ohm', B49: 'kOhm', B75: 'MOhm', E45: 'mOhm', SIE: 'S', C27: 'mS', B99: 'uS', G42: 'uS/cm', H61: 'mS/cm', D10: 'S/m' },
  ...{ FAR: 'F', '4O': 'uF', C41: 'nF', '81': 'H', C14: 'mH', D33: 'T', C29: 'mT', WEB: 'Wb' },
  ...{
    D46: 'V.A{apparent}',
    KVA: 'kV.A{apparent}',
    MVA: 'MV.A{apparent}',
    D44: 'V.A{reactive}',
    KVR: 'kV.A{reactive}',
    K5: 'kV.A{reactive}',
  },
  ...{ MAR: 'MV.A{reactive}', K3: 'kV.A{reactive}.h' },
  // Light, sound, radiation, substance, data.
  ...{
    CDL: 'cd',
    LUM: 'lm',
    LUX: 'lx',
    KLX: 'klx',
    A24: 'cd/m2',
    '2N': 'dB',
    BQL: 'Bq',
    GBQ: 'GBq',
    A19: 'Bq/m3',
    D13: 'Sv',
    P71: 'mSv/h',
    P72: 'uSv/h',
  },
  ...{
    A95: 'Gy',
    C34: 'mol',
    B45: 'kmol',
    C18: 'mmol',
    C36: 'mol/m3',
    C38: 'mol/l',
    A99: 'bit',
    AD: 'By',
    '2P': 'kBy',
    '4L': 'MBy',
    E34: 'GBy',
  },
}

/**
 * The UCUM code of a Rec 20 common code, as text (`CEL`) or as the `unitId` of an EUInformation: up to three characters of ASCII, the first
 * one in the highest byte (OPC 10000-8, 5.6.3). Undefined for what the table does not hold.
 */
export function fromRec20(code: string | number): string | undefined {
  const common = typeof code === 'number' ? commonCode(code) : code
  return common !== undefined && Object.hasOwn(CODES, common) ? CODES[common] : undefined
}

/** The namespace of Rec 20 codes in an EUInformation. */
export const REC20_NAMESPACE = 'http://www.opcfoundation.org/UA/units/un/cefact'

/** The `unitId` of a common code. */
export function unitIdOf(common: string): number {
  return [...common].reduce((id, letter) => id * 256 + letter.charCodeAt(0), 0)
}

/** The common code in a `unitId`. */
export function commonCode(unitId: number): string | undefined {
  if (!Number.isInteger(unitId) || unitId <= 0 || unitId > 0xffffff) return undefined
  const bytes = [unitId >>> 16, (unitId >>> 8) & 0xff, unitId & 0xff].filter(
    (byte, i, all) => byte !== 0 || all.slice(0, i).some((b) => b !== 0),
  )
  const text = String.fromCharCode(...bytes)
  return /^[A-Z0-9]{2,3}$/.test(text) ? text : undefined
}

/** Every common code known here. */
export const rec20Codes = (): string[] => Object.keys(CODES)
/** Every UCUM code they stand for: the units met in the field. */
export const rec20Units = (): string[] => [...new Set(Object.values(CODES))]
