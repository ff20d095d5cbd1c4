"""What a bank sends: pain.002 and camt.054, as small as their definitions allow, in any of the versions known."""

from pipeline.steps.collect import collect_all, hand_over
from tests.house import REP

PREFIX = "urn:iso:std:iso:20022:tech:xsd:"
PAIN = f"{PREFIX}pain.002.001.03"
CAMT = f"{PREFIX}camt.054.001.02"


def present(services, until):
    """Files of what is due until a day, which the back office has taken to the bank."""
    made = collect_all(services, until, REP)
    for result in made:
        hand_over(services, result.id)
    return made


def pain002(*rejects, original="SDD-X", status="PART", groups=None, message="REJ-1", space=PAIN):
    """`rejects`: (EndToEndId, code, amount); `groups`: PmtInfIds rejected as a whole, with a code."""
    lines = "".join(
        f"<TxInfAndSts><StsId>{n}</StsId><OrgnlEndToEndId>{name}</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
        f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>"
        f'<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">{amount}</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>'
        for n, (name, code, amount) in enumerate(rejects)
    )
    body = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>P</OrgnlPmtInfId>{lines}</OrgnlPmtInfAndSts>" if rejects else ""
    for name, code in groups or ():
        body += (
            f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{name}</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>"
            f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf></OrgnlPmtInfAndSts>"
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{space}"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>{message}</MsgId><CreDtTm>2027-01-06T08:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{original}</OrgnlMsgId><OrgnlMsgNmId>pain.008.001.08</OrgnlMsgNmId>"
        f"<GrpSts>{status}</GrpSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts>"
        f"{body}</CstmrPmtStsRpt></Document>"
    ).encode()


def camt054(*returns, message="RET-1", space=CAMT, extra="", booked="2027-01-12"):
    """`returns`: (EndToEndId, code, amount), booked on a day; an accepted credit stands beside them."""
    lines = "".join(
        f"<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs>"
        f'{_amounts(space, f"""<InstdAmt><Amt Ccy="EUR">{amount}</Amt></InstdAmt>""", amount)}'
        f"<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf></TxDtls>"
        for name, code, amount in returns
    )
    created = "2027-01-12T08:00:00"
    status = "<Sts>BOOK</Sts>" if space[-2:] in {"02", "04"} else "<Sts><Cd>BOOK</Cd></Sts>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{space}"><BkToCstmrDbtCdtNtfctn>'
        f"<GrpHdr><MsgId>{message}</MsgId><CreDtTm>{created}</CreDtTm></GrpHdr>"
        f"<Ntfctn><Id>1</Id><CreDtTm>{created}</CreDtTm><Acct><Id><Othr><Id>1</Id></Othr></Id></Acct>"
        f'<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>{status}'
        f"<BookgDt><Dt>{booked}</Dt></BookgDt><BkTxCd><Prtry><Cd>RET</Cd></Prtry></BkTxCd><NtryDtls>{lines}"
        f"<TxDtls><Refs><EndToEndId>OTHER</EndToEndId></Refs>{_amounts(space, '', '1.00')}</TxDtls>"
        f"</NtryDtls></Ntry></Ntfctn>{extra}"
        f"</BkToCstmrDbtCdtNtfctn></Document>"
    ).encode()


def _amounts(space, details, amount):
    """In the newer messages each transaction states its own sum."""
    given = "" if space[-2:] == "02" else f'<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>'
    return given + (f"<AmtDtls>{details}</AmtDtls>" if details else "")
