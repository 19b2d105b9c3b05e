"""Standard values of the Core Business Vocabulary (CBV 2.0, sections 7.1 to 7.5) and of sensor readings, as
bare words.

Real data also writes them as URNs, web addresses and CURIEs; all forms come to the bare word here.
"""

import re
from dataclasses import dataclass

_REFUSED_AS_CBV = re.compile(r"urn:epcglobal:cbv|https?://ns\.gs1\.org/cbv/")
_REFUSED_AS_GS1 = re.compile(r"https?://(?:www\.)?gs1\.org/voc/")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One list of standard words, what may stand before a word in its other spellings, and which spellings
    the
    published schema refuses in JSON (`vocab-other-uri`, `vocab-nonGS1WebVoc-uri`).
    """

    words: frozenset[str]
    prefixed: re.Pattern[str]
    refused: re.Pattern[str]

    def word(self, text: str) -> str | None:
        """The standard word that a text spells, in any form; None where it spells none of this list."""
        if text in self.words:
            return text
        match = self.prefixed.match(text)
        return text[match.end() :] if match and text[match.end() :] in self.words else None


def _cbv(urn: str, term: str, words: str) -> Vocabulary:
    """A list of the CBV: its URN step (CBV 1.x, section 7), "" for none, and the start of its web terms."""
    urns = rf"urn:epcglobal:cbv:{urn}:|" if urn else ""
    web = r"(?:https?://(?:ref|ns)\.gs1\.org/cbv/|cbv:)"
    return Vocabulary(frozenset(words.split()), re.compile(rf"{urns}{web}{term}-"), _REFUSED_AS_CBV)


def _gs1(words: str) -> Vocabulary:
    """A list of the GS1 Web Vocabulary. `MT-` was its mark of measurement types before EPCIS 2.0 was
    final.
    """
    web = r"(?:https?://(?:www\.|ref\.)?gs1\.org/voc/|gs1:)(?:MT-)?"
    return Vocabulary(frozenset(words.split()), re.compile(web), _REFUSED_AS_GS1)


BIZ_STEPS = _cbv(
    "bizstep",
    "BizStep",
    """
    accepting arriving assembling collecting commissioning consigning creating_class_instance
    cycle_counting decommissioning departing destroying disassembling dispensing encoding
    entering_exiting holding inspecting installing killing loading other packing picking receiving
    removing repackaging repairing replacing reserving retail_selling sampling sensor_reporting
    shipping staging_outbound stock_taking stocking storing transporting unloading unpacking
    void_shipping
    """,
)
"""Business steps, CBV 2.0 section 7.1."""

DISPOSITIONS = _cbv(
    "disp",
    "Disp",
    """
    active available completeness_inferred completeness_verified conformant container_closed
    container_open damaged destroyed dispensed disposed encoded expired in_progress in_transit
    inactive mismatch_class mismatch_instance mismatch_quantity needs_replacement no_pedigree_match
    non_conformant non_sellable_other partially_dispensed recalled reserved retail_sold returned
    sellable_accessible sellable_not_accessible stolen unavailable unknown
    """,
)
"""Dispositions, CBV 2.0 section 7.2."""

TRANSACTION_TYPES = _cbv(
    "btt",
    "BTT",
    """
    bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt
    """,
)
"""Business transaction types, CBV 2.0 section 7.3."""

SOURCE_DEST_TYPES = _cbv("sdt", "SDT", "location owning_party possessing_party")
"""Source and destination types, CBV 2.0 section 7.4."""

ERROR_REASONS = _cbv("er", "ER", "did_not_occur incorrect_data")
"""Error reasons, CBV 2.0 section 7.5."""

COMPONENTS = _cbv(
    "",
    "Comp",
    """
    x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting
    northing latitude longitude altitude
    """,
)
"""Components of vectors and coordinates, CBV 2.0."""

MEASUREMENTS = _gs1(
    """
    AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance
    AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area
    Capacitance Conductance Conductivity Count Density Dimensionless DoseEquivalent
    DoseEquivalentRate DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity
    ElectricFieldStrength Energy Exposure Force Frequency Illuminance Inductance Irradiance
    KinematicViscosity Length LinearMomentum Luminance LuminousFlux LuminousIntensity MagneticFlux
    MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate MassPerAreaTime
    MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux
    RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume
    Speed SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate
    VolumeFraction VolumetricFlux Wavenumber
    """
)
"""What a sensor measures (EPCIS 2.0 section 7.3.7.2, GS1 Web Vocabulary)."""

ALERTS = _gs1("ALARM_CONDITION ERROR_CONDITION")
"""What a sensor warns of (EPCIS 2.0 section 7.3.7.2)."""
