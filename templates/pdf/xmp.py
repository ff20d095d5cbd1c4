"""The XMP packet of a PDF/A-3b, PDF/UA-1 file (ISO 19005-3, 6.6; ISO 14289-1, 5) and the schemas that it may carry."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

PROPERTY = (
    '<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
    "<pdfaProperty:valueType>{kind}</pdfaProperty:valueType><pdfaProperty:category>{category}</pdfaProperty:category>"
    "<pdfaProperty:description>{description}</pdfaProperty:description></rdf:li>"
)
SCHEMA = (
    '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>{title}</pdfaSchema:schema>'
    "<pdfaSchema:namespaceURI>{namespace}</pdfaSchema:namespaceURI><pdfaSchema:prefix>{prefix}</pdfaSchema:prefix>"
    "<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property></rdf:li>"
)
EXTENSIONS = (
    '<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
    "<pdfaExtension:schemas><rdf:Bag>{schemas}</rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a schema outside PDF/A's own list: what it is and the value that this file gives it."""

    name: str
    value: str
    description: str
    kind: str = "Text"
    category: str = "external"


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema outside PDF/A's own list: the packet carries its description beside its values (6.6.2.3)."""

    title: str
    namespace: str
    prefix: str
    properties: tuple[Property, ...]

    def described(self) -> str:
        """The description, an item of `pdfaExtension:schemas`."""
        items = "".join(
            PROPERTY.format(name=p.name, kind=p.kind, category=p.category, description=escape(p.description))
            for p in self.properties
        )
        return SCHEMA.format(
            title=escape(self.title), namespace=escape(self.namespace), prefix=self.prefix, properties=items
        )

    def valued(self) -> str:
        """The values, a description of their own."""
        values = "".join(f"<{self.prefix}:{p.name}>{escape(p.value)}</{self.prefix}:{p.name}>" for p in self.properties)
        return (
            f'<rdf:Description rdf:about="" xmlns:{self.prefix}="{escape(self.namespace)}">{values}</rdf:Description>'
        )


PDF_UA = Schema(
    title="PDF/UA identification",
    namespace="http://www.aiim.org/pdfua/ns/id/",
    prefix="pdfuaid",
    properties=(Property("part", "1", "Part of ISO 14289 the file conforms to", "Integer", "internal"),),
)


def factur_x(
    *, level: str = "EN 16931", file_name: str = "factur-x.xml", document: str = "INVOICE", version: str = "1.0"
) -> Schema:
    """The schema that names a Factur-X file among the attachments (Factur-X 1.0x, 6.2.2)."""
    return Schema(
        title="Factur-X PDFA Extension Schema",
        namespace="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
        prefix="fx",
        properties=(
            Property("DocumentFileName", file_name, "The name of the embedded XML document"),
            Property(
                "DocumentType", document, "The type of the hybrid document in capital letters, e.g. INVOICE or ORDER"
            ),
            Property("Version", version, "The actual version of the standard applying to the embedded XML document"),
            Property("ConformanceLevel", level, "The conformance level of the embedded XML document"),
        ),
    )


def packet(
    *, title: str, author: str, subject: str, producer: str, date: str, language: str, schemas: Sequence[Schema]
) -> bytes:
    """The XMP packet. `date` is ISO 8601 with its offset; what it says equals the Info dictionary (6.6.2.2)."""

    def alternatives(name: str, value: str) -> str:
        item = f'<rdf:li xml:lang="x-default">{escape(value)}</rdf:li>'
        return f"<dc:{name}><rdf:Alt>{item}</rdf:Alt></dc:{name}>" if value else ""

    creator = f"<dc:creator><rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq></dc:creator>" if author else ""
    extensions = EXTENSIONS.format(schemas="".join(s.described() for s in schemas)) if schemas else ""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">\n'
        f"<dc:format>application/pdf</dc:format>{alternatives('title', title)}{alternatives('description', subject)}"
        f"<dc:language><rdf:Bag><rdf:li>{escape(language)}</rdf:li></rdf:Bag></dc:language>{creator}\n"
        f"<pdf:Producer>{escape(producer)}</pdf:Producer>"
        f"<xmp:CreateDate>{date}</xmp:CreateDate><xmp:ModifyDate>{date}</xmp:ModifyDate>"
        f"<xmp:MetadataDate>{date}</xmp:MetadataDate>\n"
        "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description>\n"
        f'{"".join(s.valued() for s in schemas)}\n{extensions}\n</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()
