"""EPCIS in XML, 1.0 to 2.0 (EPCIS 2.0 section 9.5), written as the EPCIS 2.0 JSON that the readers of this
package take. See docs/epcis.md."""

from tracehold.core.epcis.xml.documents import Converted, from_xml, looks_like_xml

__all__ = ["Converted", "from_xml", "looks_like_xml"]
