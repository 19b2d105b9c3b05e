"""Words that EPCIS 2.0 documents write bare and the event hash writes as full web addresses (the terms of the
published JSON-LD context that are typed `@vocab`).

A word of a later context that is not listed here stays as it is written.
"""

from tracehold.core.epcis.vocabulary import (
    BIZ_STEPS,
    DISPOSITIONS,
    ERROR_REASONS,
    SOURCE_DEST_TYPES,
    TRANSACTION_TYPES,
)

CBV = "https://ref.gs1.org/cbv/"
"""Namespace of the Core Business Vocabulary's web form."""

MEASUREMENTS = frozenset(
    """
    AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Radioactivity Altitude AmountOfSubstance
    AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance
    Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity
    ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force
    Frequency Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance
    LuminousFlux LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass
    MassConcentration MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass
    MolarVolume Power Pressure RadiantFlux RadiantIntensity RelativeHumidity Resistance Resistivity
    SolidAngle SpecificVolume Speed SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume
    VolumeFlowRate VolumeFraction VolumetricFlux Wavenumber
    """.split()  # noqa: SIM905
)
"""Measurement types of a sensor report."""

EXCEPTIONS = frozenset(("ALARM_CONDITION", "ERROR_CONDITION"))
"""Sensor alarms and errors."""

_COMPONENTS = """
    x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude
    longitude altitude
    """.split()  # noqa: SIM905


def _web(kind: str, words: frozenset[str] | list[str]) -> dict[str, str]:
    return {word: f"{CBV}{kind}-{word}" for word in words}


STEPS = _web("BizStep", BIZ_STEPS)
STATES = _web("Disp", DISPOSITIONS)
DOCUMENTS = _web("BTT", TRANSACTION_TYPES)
SIDES = _web("SDT", SOURCE_DEST_TYPES)
REASONS = _web("ER", ERROR_REASONS)
COMPONENTS = _web("Comp", _COMPONENTS)

URN_KINDS = {"bizstep": "BizStep", "disp": "Disp", "btt": "BTT", "sdt": "SDT", "er": "ER"}
"""What a kind of standard value is called in its URN form (left) and in its web form."""
